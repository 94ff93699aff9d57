/**
 * Decides whether the main loop hangs, or the client makes no progress. The worker thread calls it once in each of its turns.
 *
 * How it counts time: a turn of the worker that took longer than two turns counts as two turns. If the process was suspended,
 * or the machine was overloaded, then the worker was stopped too, and a long turn does not show that the main loop hangs. A
 * turn in which the main loop did not run does not count against the client, because the client runs in the main loop.
 */
import type { WatchdogSettings } from './options.js';

/** The counters of the main thread. Only their changes are used. */
export interface Signs {
  /** Incremented by a timer of the main loop. */
  readonly beats: number;
  /** Incremented by the same timer, if the client has made progress since the last time. */
  readonly moves: number;
}

/** The part that has stopped. */
export type Stall = 'loop' | 'client';

export class StallDetector {
  readonly #timeoutMs: number;
  readonly #turnMs: number;
  #at: number;
  #signs: Signs;
  #loopStillMs = 0;
  #clientStillMs = 0;

  /** Begins to count the time without changes now. */
  constructor({ timeoutMs, turnMs }: WatchdogSettings, signs: Signs, now: number) {
    this.#timeoutMs = timeoutMs;
    this.#turnMs = turnMs;
    this.#signs = signs;
    this.#at = now;
  }

  /** Called in each turn of the worker, with the current counters. */
  turn(signs: Signs, now: number): Stall | undefined {
    const ms = Math.min(now - this.#at, 2 * this.#turnMs);
    const { beats, moves } = this.#signs;
    this.#at = now;
    this.#signs = signs;
    if (signs.moves !== moves) this.#clientStillMs = 0;
    else if (signs.beats !== beats) this.#clientStillMs += ms;
    this.#loopStillMs = signs.beats === beats ? this.#loopStillMs + ms : 0;
    if (this.#loopStillMs >= this.#timeoutMs) return 'loop';
    return this.#clientStillMs >= this.#timeoutMs ? 'client' : undefined;
  }
}
