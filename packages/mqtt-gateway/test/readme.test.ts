import { join } from 'node:path';
import { temporaryFolder } from '@iot/vitest-config/folder';
import { runSnippets } from '@iot/vitest-config/readme';
import * as gateway from '../src/index.js';

/** On a free port, with its file in a folder of the test; there is no broker. */
const startGateway: typeof gateway.startGateway = (options) =>
  gateway.startGateway({
    ...options,
    server: { ...options?.server, host: '127.0.0.1', port: 0 },
    deadLetters: join(temporaryFolder(), options!.deadLetters!),
  });

runSnippets(new URL('../README.md', import.meta.url), {
  modules: { '@iot/mqtt-gateway': { ...gateway, startGateway } },
  globals: { console: { log: () => undefined } },
});
