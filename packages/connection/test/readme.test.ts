import { runSnippets } from '@iot/vitest-config/readme';
import * as qos from '@iot/qos';
import * as connection from '../src/index.js';
import * as node from '../src/node/index.js';
import * as testing from '../src/testing/index.js';

runSnippets(new URL('../README.md', import.meta.url), {
  modules: {
    '@iot/connection': connection,
    '@iot/qos': qos,
    '@iot/connection/node': node,
    '@iot/connection/testing': testing,
  },
});
