import type { Random, VirtualClock } from '@iot/simulation';
import type { Batch, Entry, StoredSession } from '../../src/index.js';
import type { Snapshot } from '../../src/restore.js';

/** The log of one session. It outlives the processes that append to it. */
export class Disk {
  readonly #clock: VirtualClock;
  readonly #random: Random;
  readonly #mostMs: number;
  /** As JSON; what was trimmed is gone. */
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
    return {
      last: this.#last,
      entries: this.#entries.map(([sequence, json]) => [sequence, JSON.parse(json) as Entry]),
    };
  }

  /** Of lines written that are stored, and may have been acked since. */
  tickets(): Set<number> {
    const tickets = new Set<number>();
    for (const [, entry] of this.stored?.entries ?? []) {
      if (entry.kind === 'out') tickets.add(entry.ticket);
      if (entry.kind === 'checkpoint')
        for (const { ticket } of (entry.snapshot as Snapshot).lines) tickets.add(ticket);
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

  /** The process dies: what it has not been told of is there, or not. */
  crash(): void {
    const inFlight = this.#inFlight;
    if (inFlight === undefined) return;
    this.#inFlight = undefined;
    inFlight.cancel();
    if (this.#random.chance(0.5)) this.#put(inFlight.batch);
  }

  #put({ entries }: Batch): void {
    for (const entry of entries) {
      if (entry.kind === 'checkpoint') this.#entries = [];
      this.#entries.push([++this.#last, JSON.stringify(entry)]);
    }
  }
}
