/**
 * A simulated board: it writes a line, waits until it is acked, rests, and writes the next. So it has one line at most that
 * is not acked, and in an outage it waits, as the programs of most boards do.
 */
import { ClosedError, type Client } from '@iot/client';
import type { SeededRandom } from '@iot/fault-proxy';
import type { Histogram } from './histogram.js';

export interface BoardSettings {
  /** Mean time from an ack to the next line, in ms. */
  readonly every: number;
  /** How many lines it sends; undefined: until it is stopped. */
  readonly lines: number | undefined;
  /** The text of its n-th line, from 1. */
  readonly line: (n: number) => string;
}

/** What all boards of a fleet count together. */
export interface Tally {
  written: number;
  acked: number;
  /** From the write of a line to its ack. */
  readonly ackMs: Histogram;
}

export class Board {
  readonly client: Client;
  /** Resolves when it has written all its lines, or was told to end, and the last one is acked; rejects when it cannot go on. */
  readonly done: Promise<void>;
  readonly #settings: BoardSettings;
  readonly #tally: Tally;
  readonly #random: SeededRandom;
  #timer: NodeJS.Timeout | undefined;
  #n = 0;
  #writing = false;
  #ending = false;
  #settle!: { resolve: () => void; reject: (error: unknown) => void };

  constructor(client: Client, settings: BoardSettings, tally: Tally, random: SeededRandom) {
    this.client = client;
    this.#settings = settings;
    this.#tally = tally;
    this.#random = random;
    this.done = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    this.done.catch(() => undefined); // whoever runs the fleet waits for it
    // Of a fleet the first lines do not come all at once.
    this.#rest(random.next());
  }

  /** Writes nothing more. */
  end(): void {
    this.#ending = true;
    clearTimeout(this.#timer);
    if (!this.#writing) this.#settle.resolve();
  }

  #rest(share: number): void {
    this.#timer = setTimeout(() => {
      this.#write().catch(this.#settle.reject);
    }, this.#settings.every * share);
  }

  async #write(): Promise<void> {
    this.#n += 1;
    const at = performance.now();
    this.#writing = true;
    this.#tally.written += 1;
    try {
      await this.client.write(this.#settings.line(this.#n));
    } catch (error) {
      // At the end of the run; the line stays without an ack.
      if (error instanceof ClosedError && this.#ending) return;
      throw error;
    }
    this.#writing = false;
    this.#tally.acked += 1;
    this.#tally.ackMs.add(performance.now() - at);
    if (this.#ending || this.#n === this.#settings.lines) this.#settle.resolve();
    else this.#rest(0.9 + 0.2 * this.#random.next());
  }
}
