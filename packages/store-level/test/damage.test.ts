/** What was changed, cut or deleted on the disk is noticed, or makes no difference; and a torn end is no damage. */
import { cp, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StoreError, type StoredSession } from '@iot/connection';
import { temporaryFolder } from '@iot/vitest-config/folder';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { levelStore, type Durability, type LevelStore } from '../src/index.js';
import { line } from './folder.js';

const IDS = ['cellar', 'attic', 'garden'];
type Content = readonly (StoredSession | undefined)[];

/** A store with tables and a log: closed in order, and as it is when its process is killed. */
interface Sample {
  readonly closed: string;
  readonly killed: string;
  readonly content: Content;
}
const samples: Partial<Record<Durability, Sample>> = {};
let root: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'iot-store-'));
  for (const durability of ['full', 'relaxed'] as const) {
    const [closed, killed] = ['closed', 'killed'].map((name) => join(root, durability, name)) as [
      string,
      string,
    ];
    let content: Content = [];
    // When it is opened LevelDB makes a table of the log.
    for (let round = 0; round < 3; round += 1) {
      await using store = await levelStore(closed, { durability });
      for (let last = round * 16; last < (round + 1) * 16; last += 2) {
        const entries = (id: string) => [line(`${id} ${last}`), line('x'.repeat(1500))];
        await Promise.all(IDS.map((id) => store.append(id, last, entries(id))));
      }
      content = await contentOf(store);
      if (round === 2) await cp(closed, killed, { recursive: true });
    }
    samples[durability] = { closed, killed, content };
  }
});

afterAll(() => rm(root, { recursive: true }));

function contentOf(store: LevelStore): Promise<Content> {
  return Promise.all(IDS.map((id) => store.load(id)));
}

/** What is in the folder now; an error of the store as its code and message. */
async function outcome(folder: string, durability: Durability = 'full'): Promise<Content | string> {
  try {
    await using store = await levelStore(folder, { durability });
    return await contentOf(store);
  } catch (error) {
    if (error instanceof StoreError) return `${error.code} ${error.message}`;
    throw error;
  }
}

/** A copy of a sample, in which `change` has done something. */
async function changed(sample: string, change: (folder: string) => Promise<unknown>): Promise<string> {
  const folder = join(temporaryFolder(), 'data');
  await cp(sample, folder, { recursive: true });
  await change(folder);
  return folder;
}

async function flip(path: string, at: number, bit = 2): Promise<void> {
  const bytes = await readFile(path);
  bytes[at]! ^= 1 << bit;
  await writeFile(path, bytes);
}

async function only(folder: string, kind: RegExp): Promise<string> {
  const [name, ...others] = (await readdir(folder)).filter((it) => kind.test(it)).sort();
  if (name === undefined || (others.length > 0 && kind.source === '\\.log$'))
    throw new Error(`missing file: ${kind}`);
  return name;
}

const full = (): Sample => samples.full!;

describe('a store that was closed', () => {
  it('gives back what it holds', async () => {
    expect(await outcome(await changed(full().closed, async () => undefined))).toEqual(full().content);
  });

  it('notices any bit that has changed in any file, or gives back what it holds', async () => {
    const noticed = { ERR_STORE_DAMAGED: 0, ERR_STORE_VERSION: 0, nothing: 0 };
    for (const name of await readdir(full().closed)) {
      const { length } = await readFile(join(full().closed, name));
      const step = Math.max(1, Math.floor(length / 40));
      for (let at = 0; at < length; at += step) {
        const folder = await changed(full().closed, (it) => flip(join(it, name), at, at % 8));
        const found = await outcome(folder);
        if (typeof found === 'string') noticed[found.split(' ')[0] as keyof typeof noticed] += 1;
        else {
          noticed.nothing += 1;
          expect(found, `${name}, byte ${at}`).toEqual(full().content);
        }
        await rm(folder, { recursive: true });
      }
    }
    expect(noticed.ERR_STORE_DAMAGED).toBeGreaterThan(100);
    expect(Object.keys(noticed)).toHaveLength(3);
  });

  it('notices any file that is cut, or gives back what it holds', async () => {
    for (const name of await readdir(full().closed)) {
      const { length } = await readFile(join(full().closed, name));
      for (const part of [0, 0.3, 0.6, 0.9, 1 - 1 / Math.max(length, 1)]) {
        const folder = await changed(full().closed, (it) =>
          truncate(join(it, name), Math.floor(length * part)),
        );
        const found = await outcome(folder);
        if (typeof found === 'string') expect(found).toMatch(/^ERR_STORE_DAMAGED /);
        else expect(found, `${name}, ${part}`).toEqual(full().content);
        await rm(folder, { recursive: true });
      }
    }
  });
});

describe.each(['closed', 'killed'] as const)('a store that was %s', (state) => {
  const REMEDY =
    /\. Nothing was changed\. Restore the folder from a backup \(iot-store restore\), or move it away/;

  it.each([
    ['CURRENT', /^CURRENT$/, /CURRENT is missing/],
    ['its MANIFEST', /^MANIFEST-/, /MANIFEST-\d+ is missing/],
    ['a table', /\.ldb$/, /\d+\.ldb is missing/],
    ['its log', /\.log$/, /\d+\.log is missing/],
    ['iot-store.json', /^iot-store\.json$/, /holds a LevelDB database without an iot-store\.json/],
  ])('is not opened without %s', async (_, kind, message) => {
    const folder = await changed(full()[state], async (it) => rm(join(it, await only(it, kind))));
    const before = await readdir(folder);
    const found = await outcome(folder);
    expect(found).toMatch(message);
    expect(found).toMatch(REMEDY);
    expect(found).toMatch(folder);
    // What LevelDB logs about itself aside.
    expect(await readdir(folder)).toEqual(expect.arrayContaining(before));
  });

  it('is not opened when only iot-store.json is left', async () => {
    const folder = await changed(full()[state], async (it) => {
      for (const name of await readdir(it)) if (name !== 'iot-store.json') await rm(join(it, name));
    });
    expect(await outcome(folder)).toMatch(/CURRENT is missing/);
  });

  it.each([
    ['a table', /\.ldb$/, /\.ldb is damaged\. /],
    ['the middle of its log', /\.log$/, /\.log is damaged at byte \d+\. /],
    ['its MANIFEST', /^MANIFEST-/, /MANIFEST-\d+ is damaged/],
  ])('is not opened when a bit has changed in %s', async (_, kind, message) => {
    const folder = await changed(full()[state], async (it) => {
      const name = await only(it, kind);
      const { length } = await readFile(join(it, name));
      await flip(join(it, name), kind.source.startsWith('^') ? 12 : Math.floor(length / 3));
    });
    const found = await outcome(folder);
    expect(found).toMatch(message);
    expect(found).toMatch(REMEDY);
  });

  it('opens without the files in which LevelDB logs about itself', async () => {
    const folder = await changed(full()[state], async (it) => {
      for (const name of ['LOG', 'LOG.old', 'LOCK']) await rm(join(it, name));
    });
    expect(await outcome(folder)).toEqual(full().content);
  });
});

describe('a store whose process was killed, or whose machine has lost its power', () => {
  it('has lost nothing but the append at the end that is torn', async () => {
    const name = await only(full().killed, /\.log$/);
    const { length } = await readFile(join(full().killed, name));
    // A commit has an append of each id: the last is 6 entries, and nearly 10 kB.
    for (let cut = 1; cut < 5000; cut += 331) {
      const folder = await changed(full().killed, (it) => truncate(join(it, name), length - cut));
      const shorter = full().content.map((stored) => stored && without(stored, 2));
      expect(await outcome(folder), `${cut} bytes cut off`).toEqual(shorter);
      await rm(folder, { recursive: true });
    }
  });

  it('opens when the disk has kept the deletes of the last opening and lost its rename of CURRENT', async () => {
    const folder = await changed(full().killed, async (it) => {
      const name = await only(it, /^MANIFEST-/);
      const older = String(Number(name.slice('MANIFEST-'.length)) - 1).padStart(6, '0');
      await writeFile(join(it, 'CURRENT'), `MANIFEST-${older}\n`);
    });
    expect(await outcome(folder)).toEqual(full().content);
    const newer = await changed(full().killed, (it) => writeFile(join(it, 'CURRENT'), 'MANIFEST-000999\n'));
    expect(await outcome(newer)).toMatch(/MANIFEST-000999 is missing/);
  });

  it('opens when the torn end is zeros, or old content of the disk', async () => {
    for (const filler of [0, 0x55, 4]) {
      const folder = await changed(full().killed, async (it) => {
        const path = join(it, await only(it, /\.log$/));
        const bytes = await readFile(path);
        await writeFile(path, Buffer.concat([bytes, Buffer.alloc(70_000, filler)]));
      });
      expect(await outcome(folder)).toEqual(full().content);
    }
  });

  it('opens with durability relaxed as it was before the first append that is missing', async () => {
    const { killed, content } = samples.relaxed!;
    const name = await only(killed, /\.log$/);
    const { length } = await readFile(join(killed, name));
    const lost = new Set<number>();
    for (let part = 0.05; part < 1; part += 0.1) {
      const folder = await changed(killed, (it) => flip(join(it, name), Math.floor(length * part)));
      const found = await outcome(folder, 'relaxed');
      const [first] = found as Content;
      const less = content[0]!.last - first!.last;
      lost.add(less);
      expect(found).toEqual(content.map((stored) => stored && without(stored, less)));
      await rm(folder, { recursive: true });
    }
    expect(lost.size).toBeGreaterThan(4);
  });
});

function without({ last, entries }: StoredSession, less: number): StoredSession {
  return { last: last - less, entries: entries.slice(0, entries.length - less) };
}
