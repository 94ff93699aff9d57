import { runSnippets } from '@iot/vitest-config/readme';
import { join } from 'node:path';
import * as store from '../src/index.js';
import { temporaryFolder } from './folder.js';

const levelStore: typeof store.levelStore = async (folder, options) =>
  store.levelStore(join(await temporaryFolder(), folder), options);

runSnippets(new URL('../README.md', import.meta.url), {
  modules: { '@iot/store-level': { ...store, levelStore } },
});
