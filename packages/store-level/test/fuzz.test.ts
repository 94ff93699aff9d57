/** Whatever is in a folder under whatever key, it is a record of ours or it is none. */
import { fuzz } from '@iot/vitest-config/fuzz';
import { expect, it } from 'vitest';
import { entryKey, headKey, parseKey, sealed, unsealed } from '../src/records.js';

it('a record', async () => {
  const corpus = new URL('corpus/records/', import.meta.url);
  await fuzz({ corpus, words: ['\0', '\0\0', '\x01', 'e', 'h', '\0\0\0\0\0\0\0\x01', 'é'] }, (bytes) => {
    const key = parseKey(bytes);
    if (key !== undefined) {
      expect(key.kind === 'head' ? headKey(key.id) : entryKey(key.id, key.sequence)).toEqual(bytes);
    }
    expect(unsealed(bytes, bytes)).toBeUndefined();
    const value = sealed(bytes, Buffer.from(JSON.stringify([bytes.toString('hex')])));
    expect(unsealed(bytes, value)).toEqual([bytes.toString('hex')]);
    value[bytes.length % value.length]! ^= 1;
    expect(unsealed(bytes, value)).toBeUndefined();
  });
});
