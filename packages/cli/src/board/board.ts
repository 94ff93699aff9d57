/**
 * A simulated board. It writes a line, waits for its ack, pauses, and writes the next line. So at most one
 * line is not acked. In an outage it waits, as the programs of most boards do.
 */
import { ClosedError, type Client } from '@iot/client';
import type { SeededRandom } from '@iot/fault-proxy';
import type { Histogram } from './histogram.js';

export interface BoardSettings {
  /** Mean time from an ack to the next line, in ms. */
  readonly every: number;
  /** The number of lines it sends. Undefined: it sends until it is stopped. */
  readonly lines: number | undefined;
  /** The text of its n-th line, from 1. */
  readonly line: (n: number) => string;
}

/** The common counters of all boards of a fleet. */
export interface Tally {
  written: number;
  acked: number;
  /** Times from the write of a line to its ack. */
  readonly ackMs: Histogram;
}

export class Board {
  readonly client: Client;
  /**
   * Resolves when the board has written all its lines, or `end` was called, and the last line is acked.
   * Rejects when the board has failed.
   */
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
    this.done.catch(() => undefined); // the fleet awaits it and handles a rejection
    // A random delay, so that the first lines of a fleet are not all sent at once.
    this.#rest(random.next());
  }

  /** Stops writing. */
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
      // The client was closed at the end of the run. The line counts as not acked.
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
