/**
 * No power loss takes back what was promised. The system calls of a run are recorded, the folder is made as a power loss at
 * each of many times could have left it, and the store is opened on it: each append that had resolved is there, each
 * other one is there completely or not at all, and the fence is at the right number.
 *
 * `npm run soak` tries 1,250 folders for each kind of disk, `PREFIXES=300` that many.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StoreError } from '@iot/connection';
import { Random } from '@iot/simulation';
import { countFromEnv } from '@iot/vitest-config/count';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { levelStore, type Durability } from '../../src/index.js';
import { bundled } from '../bundle.js';
import { Disk, type Names, type Rest } from './disk.js';
import { Promises, type Mark } from './promises.js';
import { eventsOf, record, type FileEvent } from './strace.js';

const PREFIXES = countFromEnv('PREFIXES', process.env['MODE'] === 'soak' ? 1250 : 60);

let root: string;
let programs: string;

beforeAll(async () => {
  // In memory where that is possible: these syncs need not reach a disk.
  root = await mkdtemp(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'iot-power-loss-'));
  programs = await bundled('workload', 'test/power-loss/workload.ts');
});

afterAll(async () => {
  await rm(root, { recursive: true });
  await rm(programs, { recursive: true });
});

/** What the workload has done to its files. */
async function recorded(durability: Durability): Promise<readonly FileEvent[]> {
  const [folder, marks, trace] = ['traced', 'marks', 'trace'].map((name) => join(root, name)) as [
    string,
    string,
    string,
  ];
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder);
  await record(
    [process.execPath, join(programs, 'workload.js'), join(folder, 'data'), marks, durability],
    trace,
  );
  const events: FileEvent[] = [];
  for await (const event of eventsOf(trace, folder, join(folder, '..', 'marks'))) events.push(event);
  await rm(trace);
  return events;
}

interface Count {
  tried: number;
  kept: number;
  /** It was not opened: an error named what is damaged. */
  refused: number;
  readonly broken: string[];
}

/** Of a power loss near an event that is about names, as when a log begins, there are this many in place of one. */
const NAMES_WEIGH = 10;
const NEAR = { before: 2, after: 24 };

/** How many power losses are tried after each event, in proportion. */
function weightsOf(events: readonly FileEvent[]): readonly number[] {
  const weights = events.map(() => 1);
  for (const [at, { type }] of events.entries()) {
    if (type === 'write' || type === 'mark' || type === 'sync') continue;
    for (
      let near = Math.max(0, at - NEAR.before);
      near <= Math.min(at + NEAR.after, events.length - 1);
      near += 1
    ) {
      weights[near] = NAMES_WEIGH;
    }
  }
  return weights;
}

/** Tries this many power losses, spread over all events. */
async function tryAll(
  events: readonly FileEvent[],
  names: Names,
  prefixes: number,
  durability: Durability,
): Promise<Count> {
  const folder = join(root, 'traced');
  const disk = new Disk(folder, names);
  const promises = new Promises();
  const seeded = new Random(1);
  const random = (): number => seeded.float();
  const count: Count = { tried: 0, kept: 0, refused: 0, broken: [] };
  const rests: readonly Rest[] = ['some', 'nothing', 'some', 'everything', 'some'];
  const weights = weightsOf(events);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let passed = 0;
  for (const [at, event] of events.entries()) {
    disk.take(event);
    passed += weights[at]!;
    if (event.type === 'mark') {
      for (const text of event.data.toString().trimEnd().split('\n')) promises.note(JSON.parse(text) as Mark);
    }
    while (count.tried * total < passed * prefixes) {
      const left = join(root, 'left');
      disk.leave(rests[count.tried % rests.length]!, random, left);
      count.tried += 1;
      await look(left, promises, durability, count, `after event ${at} of ${events.length} (${event.type})`);
    }
  }
  return count;
}

async function look(
  left: string,
  promises: Promises,
  durability: Durability,
  count: Count,
  when: string,
): Promise<void> {
  try {
    await using store = await levelStore(join(left, 'data'), { durability });
    const broken = await promises.broken(store);
    if (broken.length === 0) count.kept += 1;
    else count.broken.push(`${when}: ${broken.join('; ')}`);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    count.refused += 1;
    count.broken.push(`${when}: ${error.message}`);
  }
}

describe('a power loss', () => {
  let events: readonly FileEvent[];
  beforeAll(async () => {
    events = await recorded('full');
  });

  it('comes, in this run, while logs begin and are deleted, tables are made and the store is opened again', () => {
    const named = (type: string, kind: RegExp) =>
      events.filter((event) => event.type === type && 'path' in event && kind.test(event.path)).length;
    expect(named('create', /\.log$/)).toBeGreaterThan(10);
    expect(named('unlink', /\.log$/)).toBeGreaterThan(3);
    expect(named('create', /\.ldb$/)).toBeGreaterThan(4);
    expect(named('unlink', /\.ldb$/)).toBeGreaterThan(0);
    expect(named('rename', /dbtmp$/)).toBe(7);
  });

  it.each<Names>(['ordered', 'weak'])(
    'takes back nothing that was promised, on a disk whose names are %s',
    async (names) => {
      const count = await tryAll(events, names, PREFIXES, 'full');
      console.log(
        `${names}: ${count.tried} power losses in ${events.length} events: ${count.kept} kept all, ${count.refused} refused, ${count.broken.length - count.refused} broken`,
      );
      expect(count.broken).toEqual([]);
    },
  );

  it('would take something back if the store did not sync, and this test would notice', async () => {
    const { broken } = await tryAll(await recorded('relaxed'), 'ordered', 60, 'relaxed');
    expect(broken.filter((it) => it.includes('had resolved')).length).toBeGreaterThan(10);
  });
});
