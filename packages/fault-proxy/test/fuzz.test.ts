/** Whatever is in a script, it is one, or an error of one line says what is wrong. */
import { fuzz } from '@iot/vitest-config/fuzz';
import { expect, it } from 'vitest';
import { FaultProxyError, parseScript } from '../src/index.js';

it('a script', async () => {
  const corpus = new URL('corpus/script/', import.meta.url);
  const words = [
    '"at":',
    '"do":',
    '"cut"',
    '"drop"',
    '"for":',
    '"__proto__":',
    '1e999',
    '-1',
    '0.5',
    'null',
    '[]',
    '{}',
    ',',
  ];
  await fuzz({ corpus, words: [...words, '\\n', '\\u001b', '\n', '\0', '\u009b', '\u2028'] }, (bytes) => {
    try {
      expect(parseScript(JSON.stringify(parseScript(bytes.toString())))).toBeTruthy();
    } catch (error) {
      expect(error).toBeInstanceOf(FaultProxyError);
      expect(error).toMatchObject({ code: 'ERR_BAD_SCRIPT' });
      expect((error as Error).message).not.toMatch(/\p{Cc}/u);
    }
  });
});
