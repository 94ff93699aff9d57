/** Whatever is in a folder, a backup or the arguments, it is ours, or an error says that it is none. */
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { StoreError, UsageError } from '@iot/connection';
import { temporaryFolder } from '@iot/vitest-config/folder';
import { fuzz } from '@iot/vitest-config/fuzz';
import { expect, it } from 'vitest';
import { run } from '../src/cli/run.js';
import { readCommand } from '../src/cli/settings.js';
import { readLogFile } from '../src/files/log-file.js';
import { readManifest } from '../src/files/manifest.js';
import { uncompress } from '../src/files/snappy.js';
import { readState } from '../src/files/state.js';
import { isTableWhole } from '../src/files/table-file.js';
import { entryKey, headKey, parseKey, sealed, unsealed } from '../src/records.js';

function corpus(name: string): URL {
  return new URL(`corpus/${name}/`, import.meta.url);
}

it('a record', async () => {
  await fuzz(
    { corpus: corpus('records'), words: ['\0', '\0\0', '\x01', 'e', 'h', '\0\0\0\0\0\0\0\x01', 'é'] },
    (bytes) => {
      const key = parseKey(bytes);
      if (key !== undefined) {
        expect(key.kind === 'head' ? headKey(key.id) : entryKey(key.id, key.sequence)).toEqual(bytes);
      }
      expect(unsealed(bytes, bytes)).toBeUndefined();
      const value = sealed(bytes, Buffer.from(JSON.stringify([bytes.toString('hex')])));
      expect(unsealed(bytes, value)).toEqual([bytes.toString('hex')]);
      value[bytes.length % value.length]! ^= 1;
      expect(unsealed(bytes, value)).toBeUndefined();
    },
  );
});

it('a file of LevelDB', async () => {
  const words = ['\0', '\x01', '\x04', '\x07', '\xff', '\x80\x01', '\xff\xff\xff\xff\x0f'];
  await fuzz({ corpus: corpus('level'), words }, (bytes) => {
    const { records, end, state } = readLogFile(bytes);
    expect(end).toBeLessThanOrEqual(bytes.length);
    if (state === 'whole') expect(end).toBe(bytes.length);
    expect([true, false]).toContain(isTableWhole(bytes));
    for (const read of [() => readManifest(records), () => readManifest([bytes]), () => uncompress(bytes)]) {
      try {
        read();
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
      }
    }
  });
});

it('what a folder says of itself', async () => {
  const folder = temporaryFolder();
  const words = ['"format":', '"durability":', '"full"', '"closed":', 'null', '1e999', '-1', '[]', '{}', ','];
  await fuzz({ corpus: corpus('state'), words }, async (bytes) => {
    writeFileSync(join(folder, 'iot-store.json'), bytes);
    try {
      await readState(folder);
    } catch (error) {
      expect(error).toBeInstanceOf(StoreError);
      expect((error as StoreError).code).toMatch(/^ERR_STORE_(DAMAGED|VERSION)$/);
    }
  });
});

it('a backup, as it is and with a checksum that is right', async () => {
  const parent = temporaryFolder();
  const [file, folder] = [join(parent, 'backup'), join(parent, 'store')];
  const words = [
    '\n',
    'null',
    '{"format":1',
    '"sessions":0',
    '"checksum":0',
    '"id":',
    '"head":',
    '"entries":[',
    '[1,',
  ];
  await fuzz({ corpus: corpus('backup'), words, cases: 100 }, async (bytes) => {
    for (const content of [bytes, withChecksum(bytes)]) {
      writeFileSync(file, content);
      try {
        await run({ name: 'restore', folder, file }, () => undefined);
      } catch (error) {
        expect(error).toBeInstanceOf(StoreError);
        expect((error as Error).message).not.toMatch(/\p{Cc}/u);
        expect(readdirSync(parent).sort()).toEqual(['backup']);
      }
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

/** The lines of a backup, and a last one that says that they are whole. */
function withChecksum(bytes: Buffer): string {
  const lines = bytes.toString().split('\n').slice(0, -1);
  const text = lines.map((line) => `${line}\n`).join('');
  return `${text}${JSON.stringify({ format: 1, sessions: lines.length, checksum: crc32(text) })}\n`;
}

it('the arguments of iot-store', async () => {
  const words = ['\n', '-', '--', '=', '--lines', '--help', 'inspect', 'rename', 'backup', '\u001b[2J', '\0'];
  await fuzz({ corpus: corpus('arguments'), words }, (bytes) => {
    try {
      expect(readCommand(bytes.toString().split('\n'))).toBeTruthy();
    } catch (error) {
      expect(error).toBeInstanceOf(UsageError);
      expect((error as Error).message).not.toContain('\n');
    }
  });
});
