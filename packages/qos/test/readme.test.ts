import { runSnippets } from '@iot/vitest-config/readme';
import * as qos from '../src/index.js';

runSnippets(new URL('../README.md', import.meta.url), { modules: { '@iot/qos': qos } });
