/**
 * Failed attempts to get in, by address: a number in a minute is no harm, and beyond that newcomers from there are refused
 * for a short time, which doubles while it goes on.
 *
 * Theory of operation: each failure counts as one, and what counts goes down steadily, by the limit in a minute. A board
 * with a wrong key that tries again every few seconds does not reach the limit, so that others at its address are not
 * refused for it.
 */
import type { RefusalReason } from './handshake.js';

const MINUTE_MS = 60_000;
const SHORTEST_REFUSAL_MS = 1000;
const LONGEST_REFUSAL_MS = 30_000;

/** Beyond this the address that has failed least recently is forgotten: an attacker that has many cannot fill the memory. */
const MOST_ADDRESSES = 10_000;

/** What a client that is let in does not do. Not for what the server lacks, nor of a load balancer: its clients may be well. */
const FAILURES = new Set<RefusalReason>([
  'bad-hello',
  'no-hello',
  'not-expected',
  'not-authorized',
  'tls',
  'wrong-id',
]);

interface Failing {
  /** What counts, at this time. */
  count: number;
  at: number;
  /** How often newcomers were refused for a time. */
  refusals: number;
  refusedUntil: number;
}

export class Failures {
  readonly #maxPerMinute: number;
  /** By address; the one that has failed least recently is the first. */
  readonly #failing = new Map<string, Failing>();

  constructor(maxPerMinute: number) {
    this.#maxPerMinute = maxPerMinute;
  }

  /** How long newcomers from this address are still refused, ms; 0: they are not. */
  refusedForMs(address: string, now: number): number {
    return Math.max(0, (this.#failing.get(address)?.refusedUntil ?? now) - now);
  }

  /** Somebody from this address was turned away. */
  note(address: string, reason: RefusalReason, now: number): void {
    if (!FAILURES.has(reason)) return;
    const failing = this.#current(address, now);
    failing.count += 1;
    failing.at = now;
    if (failing.count > this.#maxPerMinute) {
      const ms = Math.min(LONGEST_REFUSAL_MS, SHORTEST_REFUSAL_MS * 2 ** failing.refusals++);
      failing.refusedUntil = now + ms;
    }
    this.#failing.delete(address);
    this.#failing.set(address, failing);
    if (this.#failing.size <= MOST_ADDRESSES) return;
    const [oldest] = this.#failing.keys();
    this.#failing.delete(oldest!);
  }

  /** What counts of this address now; nothing when all of it has gone. */
  #current(address: string, now: number): Failing {
    const failing = this.#failing.get(address);
    if (failing !== undefined) {
      failing.count -= ((now - failing.at) * this.#maxPerMinute) / MINUTE_MS;
      if (failing.count > 0) return failing;
    }
    return { count: 0, at: now, refusals: 0, refusedUntil: now };
  }
}
