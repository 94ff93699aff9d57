/** Whatever a load balancer sends, and whatever is in a file of keys, is read or refused, and no error shows a key. */
import { chmodSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { temporaryFolder } from '@iot/vitest-config/folder';
import { fuzz } from '@iot/vitest-config/fuzz';
import { expect, it } from 'vitest';
import { openKeys } from '../src/keys/index.js';
import { readProxyHeader } from '../src/proxy/header.js';

it('a PROXY header', async () => {
  const corpus = new URL('corpus/proxy/', import.meta.url);
  await fuzz({ corpus, words: ['\x20', '\x21', '\x11', '\0', '\0\x0c', '\xff\xff'] }, (bytes) => {
    const header = readProxyHeader(bytes);
    const steps = Array.from(bytes, (_, at) =>
      ['more', 'invalid', 'header'].indexOf(readProxyHeader(bytes.subarray(0, at)).type),
    );
    // What is decided stays so, whatever comes after it.
    const decided = steps.findIndex((step) => step > 0);
    if (decided === -1) return;
    expect(readProxyHeader(bytes.subarray(0, decided))).toEqual(header);
    if (header.type !== 'header') return;
    expect(header.length).toBe(decided);
    expect(header.address === undefined || isIP(header.address) > 0).toBe(true);
  });
});

it('a file of keys', async () => {
  const path = join(temporaryFolder(), 'keys.psk');
  const corpus = new URL('corpus/keys/', import.meta.url);
  const words = [':', '\n', '\r\n', '#', '11'.repeat(16), '1', ' ', 'cellar', '\0', '\ufeff'];
  await fuzz({ corpus, words, cases: 200 }, async (bytes) => {
    writeFileSync(path, bytes);
    chmodSync(path, 0o600);
    const keys = await openKeys(path).catch((error: unknown) => {
      expect(error).toMatchObject({ name: 'UsageError', code: 'ERR_KEY_FILE' });
      expect((error as Error).message).not.toMatch(/\n|1111/);
    });
    for (const identity of keys?.identities ?? []) {
      expect(identity).toBe(identity.trim());
      expect(keys?.get(identity)?.length).toBeGreaterThanOrEqual(16);
    }
  });
});
