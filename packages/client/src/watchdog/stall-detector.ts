/**
 * Says when the main loop has stopped turning, or the client in it has stopped moving.
 *
 * Time counts in the worker's own turns: one that lasted longer than two turns counts as two. A suspended process, or a
 * starved machine, has stopped the worker as well, and proves nothing against the main loop. And the client can only move
 * while the loop turns, so a turn in which the loop hung does not count against the client.
 */
import type { WatchdogSettings } from './options.js';

/** What the main thread has counted so far; only a difference means something. */
export interface Signs {
  /** Turns of the main loop. */
  readonly beats: number;
  /** Times that the client had made progress when the main loop looked. */
  readonly moves: number;
}

/** What has stopped. */
export type Stall = 'loop' | 'client';

export class StallDetector {
  readonly #timeoutMs: number;
  readonly #turnMs: number;
  #at: number;
  #signs: Signs;
  #loopStillMs = 0;
  #clientStillMs = 0;

  /** Both are taken to move now. */
  constructor({ timeoutMs, turnMs }: WatchdogSettings, signs: Signs, now: number) {
    this.#timeoutMs = timeoutMs;
    this.#turnMs = turnMs;
    this.#signs = signs;
    this.#at = now;
  }

  /** One turn of the worker. */
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
