/** The formats of LevelDB's files, as this package reads them, and the keys and values that it puts into them. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import { temporaryFolder } from '@iot/vitest-config/folder';
import { describe, expect, it } from 'vitest';
import { crc32c, masked } from '../src/files/crc32c.js';
import { readLogFile } from '../src/files/log-file.js';
import { uncompress } from '../src/files/snappy.js';
import { isTableWhole } from '../src/files/table-file.js';
import { entryKey, headKey, parseKey, sealed, unsealed } from '../src/records.js';

/** A log of LevelDB's with values of these lengths, a record each. */
async function logOf(lengths: readonly number[]): Promise<Buffer> {
  const folder = temporaryFolder();
  const level = new ClassicLevel(folder);
  for (const [at, length] of lengths.entries()) await level.put(`${at}`, 'v'.repeat(length));
  await level.close();
  const name = (await readdir(folder)).find((it) => it.endsWith('.log'))!;
  return readFile(join(folder, name));
}

describe('a log', () => {
  it('is read whole, with records over several blocks and at the end of one', async () => {
    const file = await logOf([10, 100_000, 5, 32_000, 700, 70_000, 1]);
    const { records, end, state } = readLogFile(file);
    expect(records).toHaveLength(7);
    expect(records[1]!.length).toBeGreaterThan(100_000);
    expect({ end, state }).toEqual({ end: file.length, state: 'whole' });
  });

  it('that ends anywhere within a record is torn, and has those before it', async () => {
    const lengths = [100, 60_000, 100, 40_000, 30];
    const file = await logOf(lengths);
    const ends = [0];
    for (let at = 1; at <= file.length; at += 1) {
      const isNear = at % 32_768 < 20 || at % 32_768 > 32_740 || at % 997 === 0;
      if (!isNear && at < file.length - 60) continue;
      const { records, end, state } = readLogFile(file.subarray(0, at));
      if (state === 'whole') ends.push(at);
      else expect([records.length, end]).toEqual([readLogFile(file.subarray(0, end)).records.length, end]);
      expect(state).not.toBe('damaged');
    }
    expect(ends.at(-1)).toBe(file.length);
  });

  it('is damaged when a record is not whole that others follow, whichever of its bytes has changed', async () => {
    const file = await logOf([200, 300, 200]);
    const [, second] = [0, readLogFile(file).records[0]!.length + 7];
    const third = second + readLogFile(file).records[1]!.length + 7;
    for (let at = second; at < third; at += 1) {
      const changed = Buffer.from(file);
      changed[at]! ^= 1 << (at % 8);
      const { records, end, state } = readLogFile(changed);
      expect([records.length, end, state]).toEqual([1, second, 'damaged']);
    }
  });

  it('is torn, not damaged, when only parts of its last record are whole', async () => {
    const file = await logOf([100, 100_000]);
    const changed = Buffer.from(file);
    changed[5000]! ^= 1;
    expect(readLogFile(changed)).toMatchObject({ state: 'torn', records: { length: 1 } });
  });
});

describe('a table', () => {
  it('is whole, compressed or not, and is not when any byte of it has changed', async () => {
    for (const compression of [true, false]) {
      const folder = temporaryFolder();
      const level = new ClassicLevel(folder, { compression });
      for (let at = 0; at < 300; at += 1) await level.put(`key ${at}`, `value ${at % 7}`.repeat(at % 40));
      await level.compactRange('a', 'z');
      await level.close();
      const name = (await readdir(folder)).find((it) => it.endsWith('.ldb'))!;
      const file = await readFile(join(folder, name));
      expect(isTableWhole(file)).toBe(true);
      // The places in the footer are followed by bytes that mean nothing.
      const padding = 48 - 8;
      for (let at = 0; at < file.length - padding; at += 7) {
        const changed = Buffer.from(file);
        changed[at]! ^= 1 << (at % 8);
        expect(isTableWhole(changed), `byte ${at} of ${file.length}`).toBe(false);
      }
      for (const length of [0, 40, 1000, file.length - 1])
        expect(isTableWhole(file.subarray(0, length))).toBe(false);
    }
  });
});

describe('the checksum and the compression', () => {
  it('are those of LevelDB', () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
    expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa);
    expect(masked(0)).toBe(0xa282ead8);
    // "abcabcabcabcab" as 3 bytes given and 11 copied from 3 back.
    expect(uncompress(Buffer.from([14, 2 << 2, 97, 98, 99, (7 << 2) | 1, 3])).toString()).toBe(
      'abcabcabcabcab',
    );
  });

  it.each([
    ['more than was announced', [2, 2 << 2, 97, 98, 99]],
    ['less than was announced', [4, 2 << 2, 97, 98, 99]],
    ['a copy from before the beginning', [14, 2 << 2, 97, 98, 99, (7 << 2) | 1, 4]],
    ['an end within a piece', [3, 2 << 2, 97]],
  ])('refuse %s', (_, bytes) => {
    expect(() => uncompress(Buffer.from(bytes))).toThrow(RangeError);
  });
});

describe('keys', () => {
  const ids = [
    '',
    '\u0000',
    '\u0000\u0000',
    '\u0000a',
    'a',
    'a\u0000',
    'a\u0000b',
    'a\u0001',
    'ab',
    'b',
    'é',
    '\uffff',
    '😀',
  ];

  it('are in the order of the ids in UTF-8, and of the sequence numbers', () => {
    const numbers = [0, 1, 255, 256, 2 ** 31, 2 ** 32, Number.MAX_SAFE_INTEGER];
    const keys = ids.flatMap((id) => numbers.map((sequence) => entryKey(id, sequence)));
    expect([...keys].sort((a, b) => a.compare(b))).toEqual(keys);
  });

  it('say what they are of', () => {
    for (const id of ids) {
      expect(parseKey(headKey(id))).toEqual({ kind: 'head', id, sequence: 0 });
      for (const sequence of [1, 2 ** 40]) {
        expect(parseKey(entryKey(id, sequence))).toEqual({ kind: 'entry', id, sequence });
      }
    }
    for (const other of [
      '',
      'x',
      'h',
      'ha',
      'h\u0000',
      'e\u0000\u0000',
      'ha\u0000\u0000b',
      'ha\u0000b\u0000\u0000',
    ]) {
      expect(parseKey(Buffer.from(other, 'latin1')), JSON.stringify(other)).toBeUndefined();
    }
  });

  it('belong to their values', () => {
    const value = sealed(entryKey('a', 1), Buffer.from('{"b":1}'));
    expect(unsealed(entryKey('a', 1), value)).toEqual({ b: 1 });
    expect(unsealed(entryKey('a', 2), value)).toBeUndefined();
    expect(unsealed(entryKey('a', 1), value.subarray(0, -1))).toBeUndefined();
    expect(unsealed(entryKey('a', 1), Buffer.alloc(3))).toBeUndefined();
  });
});
