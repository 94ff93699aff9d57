import type { Random, VirtualClock } from '@iot/simulation';
import type { Batch, Entry, StoredSession } from '../../src/index.js';
import type { Snapshot } from '../../src/restore.js';

/** The log of one session. It outlives the processes that append to it. */
export class Disk {
  readonly #clock: VirtualClock;
  readonly #random: Random;
  readonly #mostMs: number;
  /** As JSON; what was trimmed is gone. There is a checkpoint among them, or they are all. */
  #entries: (readonly [sequence: number, json: string])[] = [];
  #last = 0;
  /** The append that has not been answered. */
  #inFlight: { readonly batch: Batch; readonly cancel: () => void } | undefined;

  /** @param mostMs how long an append takes at most */
  constructor(clock: VirtualClock, random: Random, mostMs: number) {
    this.#clock = clock;
    this.#random = random;
    this.#mostMs = mostMs;
  }

  get busy(): boolean {
    return this.#inFlight !== undefined;
  }

  get stored(): StoredSession | undefined {
    if (this.#last === 0) return undefined;
    const entries = [...this.read(0)];
    const checkpoint = entries.findLastIndex(([, { kind }]) => kind === 'checkpoint');
    return { last: this.#last, entries: entries.slice(Math.max(0, checkpoint)) };
  }

  /** All entries from this one on that were not trimmed. */
  *read(from: number): Generator<readonly [sequence: number, entry: Entry]> {
    for (const [sequence, json] of this.#entries)
      if (sequence >= from) yield [sequence, JSON.parse(json) as Entry];
  }

  /** Of lines written with qos that are stored, and may have been acked since: their writers wait beyond the death of a process. */
  tickets(): Set<number> {
    const tickets = new Set<number>();
    for (const [, entry] of this.stored?.entries ?? []) {
      if (entry.kind === 'out' && entry.qos) tickets.add(entry.ticket);
      if (entry.kind !== 'checkpoint') continue;
      const { lines, shelf, stack } = entry.snapshot as Snapshot;
      for (const { ticket, lane } of lines) if (lane !== 'unsafe') tickets.add(ticket);
      for (const [first, last] of [...(shelf?.tickets ?? []), ...(stack?.tickets ?? [])])
        for (let ticket = first; ticket <= last; ticket++) tickets.add(ticket);
    }
    return tickets;
  }

  append(batch: Batch, done: (last: number) => void): void {
    if (this.#inFlight !== undefined) throw new Error('two appends are in flight');
    if (batch.expected !== this.#last)
      throw new Error(`an append expects ${batch.expected}, not ${this.#last}`);
    const cancel = this.#clock.after(this.#random.int(0, this.#mostMs), () => {
      this.#inFlight = undefined;
      this.#put(batch);
      done(this.#last);
    });
    this.#inFlight = { batch, cancel };
  }

  /** The process dies: an append that it has begun is stored, or not. @returns true when none of it is missing */
  crash(): boolean {
    const batch = this.#cancel();
    if (batch === undefined) return true;
    const isStored = this.#random.chance(0.5);
    if (isStored) this.#put(batch);
    return isStored;
  }

  /** The process ends in good order: it has stored all of this too. */
  finish(rest: Batch | undefined): void {
    for (const batch of [this.#cancel(), rest]) if (batch !== undefined) this.#put(batch);
  }

  #cancel(): Batch | undefined {
    const inFlight = this.#inFlight;
    this.#inFlight = undefined;
    inFlight?.cancel();
    return inFlight?.batch;
  }

  #put({ entries, neededFrom }: Batch): void {
    for (const entry of entries) this.#entries.push([++this.#last, JSON.stringify(entry)]);
    this.#entries = this.#entries.filter(([sequence]) => sequence >= neededFrom);
  }
}
