import { join } from 'node:path';
import { tlsSuite } from '@iot/app-kit/testing';
import { temporaryFolder } from '@iot/vitest-config/folder';

tlsSuite('relay', 'tx', () => ['tx=rx']);
tlsSuite('daily-log', '1', () => ['--folder', join(temporaryFolder(), 'log')]);
tlsSuite('mqtt-gateway', '1', () => ['--broker', 'mqtt://127.0.0.1:1']);
