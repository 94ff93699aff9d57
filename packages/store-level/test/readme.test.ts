import { join } from 'node:path';
import { temporaryFolder } from '@iot/vitest-config/folder';
import { runSnippets } from '@iot/vitest-config/readme';
import * as store from '../src/index.js';

const levelStore: typeof store.levelStore = async (folder, options) =>
  store.levelStore(join(temporaryFolder(), folder), options);

runSnippets(new URL('../README.md', import.meta.url), {
  modules: { '@iot/store-level': { ...store, levelStore } },
});
