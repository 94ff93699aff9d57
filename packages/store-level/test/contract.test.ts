import { storeContract } from '@iot/connection/testing';
import { temporaryFolder } from '@iot/vitest-config/folder';
import { describe, it } from 'vitest';
import { levelStore, type Durability } from '../src/index.js';
import { opened } from './folder.js';

describe.each<Durability>(['full', 'relaxed'])('a store in a folder, with durability %s', (durability) => {
  it.each(storeContract.map(({ name, run }) => [name, run] as const))('%s', (_, run) =>
    run(async () => {
      const folder = temporaryFolder();
      return {
        store: await opened(folder, { durability }),
        reopen: () => levelStore(folder, { durability }),
      };
    }),
  );
});
