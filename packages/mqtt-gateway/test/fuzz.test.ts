/** Whatever is in the file of --config, it is read, or an error of one line says what is wrong and shows no password. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '@iot/server';
import { temporaryFolder } from '@iot/vitest-config/folder';
import { fuzz } from '@iot/vitest-config/fuzz';
import { expect, it } from 'vitest';
import { readConfig } from '../src/config/file.js';

it('a file of --config', async () => {
  const path = join(temporaryFolder(), 'iot.yaml');
  const corpus = new URL('corpus/config/', import.meta.url);
  const words = [
    ': ',
    '\n',
    '  ',
    '- ',
    '{',
    '}',
    '[',
    '&a ',
    '*a',
    '!!',
    '"',
    "'",
    '<<',
    'null',
    '.inf',
    '|',
    '? ',
    '\0',
  ];
  await fuzz({ corpus, words }, (bytes) => {
    writeFileSync(path, bytes);
    try {
      const config = readConfig(path);
      expect(Object.getPrototypeOf(config)).toBe(Object.prototype);
    } catch (error) {
      expect(error).toBeInstanceOf(UsageError);
      expect((error as Error).message).not.toMatch(/[\n\0]|swordfish/);
    }
  });
});
