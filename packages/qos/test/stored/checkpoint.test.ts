import { Random, runSeeds } from '@iot/simulation';
import { expect, it } from 'vitest';
import type { Entry, SessionOptions, StoredSession } from '../../src/index.js';
import { Session } from '../../src/index.js';
import type { Snapshot } from '../../src/restore.js';
import { seeds } from '../simulation/draw.js';
import { StoredBench, VERSIONS } from './bench.js';

/** A peer at its own end of the link, whose process never dies, with a wire that loses what is on its way in a cut. */
class Pair {
  readonly bench: StoredBench;
  readonly #random: Random;
  readonly #version: 1 | 2;
  readonly #peer: Session;
  #taken: ReturnType<StoredBench['taken']> = [];
  #now = 0;
  #texts = 0;

  constructor(version: 1 | 2, random: Random) {
    const ackWhen = random.pick(['received', 'read', 'done'] as const);
    this.#random = random;
    this.#version = version;
    const options: SessionOptions = { role: 'client', id: 'board', protocol: version, timeout: 1000 };
    this.bench = new StoredBench(version, { ackWhen });
    this.#peer = new Session({ ...options, drawEpoch: () => 'b1' });
  }

  /** Something happens. */
  step(): void {
    const random = this.#random;
    const { process } = this.bench;
    const { session } = process;
    if (!session.linkOpen || !this.#peer.linkOpen) return this.#connect();
    const act = random.int(0, 11);
    if (act === 0 && random.chance(0.1)) this.#cut();
    else if (act <= 3) this.#write(session);
    else if (act <= 6) this.#write(this.#peer);
    else if (act === 7) this.#taken.push(...this.bench.taken());
    else if (act === 8 && this.#taken.length > 0) {
      const [line] = this.#taken.splice(random.int(0, this.#taken.length - 1), 1);
      session.done(line!);
    } else if (act === 9) process.session.withdraw(random.int(0, this.#texts));
    else if (act === 10) this.#pass(random.int(1, 300));
    this.#carry();
  }

  #connect(): void {
    this.#cut();
    this.#peer.open(this.#now);
    const hello = this.#peer.takeOutput(this.#now) ?? new Uint8Array();
    this.bench.process.open();
    if (this.#version === 2) this.bench.process.session.receive(hello.subarray('board\n'.length), this.#now);
    this.#carry();
  }

  #cut(): void {
    this.bench.process.session.linkClosed(this.#now, 'reset');
    this.#peer.linkClosed(this.#now, 'reset');
  }

  #write(session: Session): void {
    const random = this.#random;
    const flags = { qos: !random.chance(0.2), wait: random.chance(0.5), newestFirst: random.chance(0.5) };
    session.write(`line ${this.#texts++}`, flags);
  }

  #pass(ms: number): void {
    this.#now += ms;
    this.bench.process.now = this.#now;
    for (const session of [this.bench.process.session, this.#peer]) {
      if (session.nextDeadline() <= this.#now) session.tick(this.#now);
    }
  }

  /** What goes out arrives, unless the link is cut on the way. */
  #carry(): void {
    const { session } = this.bench.process;
    const cutAfter = this.#random.chance(0.01) ? this.#random.int(1, 4) : Infinity;
    for (let writes = 0; ; writes++) {
      const down = session.takeOutput(this.#now);
      const up = this.#peer.takeOutput(this.#now);
      if (down === undefined && up === undefined) break;
      if (writes >= cutAfter) return this.#cut();
      if (down !== undefined) this.#peer.receive(down, this.#now);
      if (up !== undefined) session.receive(up, this.#now);
    }
    while (this.#peer.read() !== undefined);
    session.takeEvents();
    this.#peer.takeEvents();
  }
}

/** The checkpoint of a process that has just begun with these entries. */
function restored(
  version: 1 | 2,
  ackWhen: SessionOptions['ackWhen'],
  entries: StoredSession['entries'],
): Snapshot {
  const stored = { last: entries.at(-1)?.[0] ?? 0, entries };
  const options: SessionOptions = {
    role: 'server',
    timeout: 1000,
    protocol: version,
    drawEpoch: () => 'new',
    ackWhen,
  };
  const session = new Session(options, { owner: { kind: 'owner', epoch: 'new', node: 'test' }, stored });
  return snapshotIn(session.takeEntries()!.entries)!;
}

function snapshotIn(entries: readonly Entry[]): Snapshot | undefined {
  const last = entries.at(-1);
  return last?.kind === 'checkpoint' ? (JSON.parse(JSON.stringify(last.snapshot)) as Snapshot) : undefined;
}

/**
 * Without what no entry records: tickets of lines without qos; links without messages; whether an ack went out and is proven,
 * and with it how far id 0 has come; that a line was taken which is not done, as with `ackWhen: 'read'`; and from where the
 * log is read of which the oldest lines may have left.
 */
function hard({ v1, v2, stack, ...others }: Snapshot, ackWhen: SessionOptions['ackWhen']): unknown {
  const receipts = v1?.window.receipts.map(({ id, fingerprint, link }) => ({ id, fingerprint, link }));
  const zero = v1?.window.zero === 'received' ? 'acked' : v1?.window.zero;
  const epochs = v2?.epochs.map(({ taken, ...epoch }) => ({
    ...epoch,
    taken: ackWhen === 'read' ? 0 : taken,
  }));
  return {
    ...others,
    tickets: 0,
    stack: stack && { ...stack, from: 0 },
    v1: v1 && { ...v1, window: { ...v1.window, receipts, zero, link: 0 } },
    v2: v2 && { ...v2, epochs },
  };
}

it.each(VERSIONS)(
  'a checkpoint holds what the entries before it say and still counts, in version %i',
  (version) => {
    let compared = 0;
    runSeeds({
      first: seeds.first,
      count: Math.min(seeds.count, 100),
      run: (seed) => {
        const random = new Random(seed);
        const pair = new Pair(version, random);
        const { bench } = pair;
        for (let step = 0; step < 600; step++) {
          pair.step();
          if (!random.chance(0.2) || !bench.process.session.hasEntries) continue;
          const batch = bench.take();
          const checkpoint = snapshotIn(batch.entries);
          const before = bench.load();
          bench.put(batch);
          bench.process.session.stored(bench.last);
          if (checkpoint === undefined || before.length === 0) continue;
          const entries = [...before, ...bench.entries.slice(-batch.entries.length, -1)];
          const { ackWhen } = bench.process.session.settings;
          const again = restored(version, ackWhen, entries);
          expect(hard(again, ackWhen)).toEqual(hard(checkpoint, ackWhen));
          compared += 1;
        }
      },
    });
    expect(compared).toBeGreaterThan(0);
  },
);
