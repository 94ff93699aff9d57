/**
 * Limits failed attempts to connect, by address (`maxFailuresPerAddress`). Beyond the limit, newcomers from the address are
 * refused for a short time, which doubles with each further failure.
 *
 * How it works: this is a leaky bucket. Each failure adds one to the count of its address. The count decreases steadily, by the
 * limit in a minute. A board with a wrong key that tries again every few seconds does not reach a limit that is higher than its
 * own rate, so the other boards at its address are not refused.
 */
import type { RefusalReason } from './handshake.js';

const MINUTE_MS = 60_000;
const SHORTEST_REFUSAL_MS = 1000;
const LONGEST_REFUSAL_MS = 30_000;

/**
 * Most addresses that are remembered. Beyond it, the address that failed least recently is forgotten, so that an attacker with
 * many addresses cannot fill the memory.
 */
const MOST_ADDRESSES = 10_000;

/** The refusals that count. Not counted: limits of the server, duplicates, calls of `disconnect`, and wrong PROXY headers. */
const FAILURES = new Set<RefusalReason>([
  'bad-hello',
  'no-hello',
  'not-expected',
  'not-authorized',
  'tls',
  'wrong-id',
]);

interface Failing {
  /** The count at the time `at`. */
  count: number;
  at: number;
  /** How many times newcomers were refused for a time. It determines how long they are refused next. */
  refusals: number;
  refusedUntil: number;
}

export class Failures {
  readonly #maxPerMinute: number;
  /** By address, the one that failed least recently first. */
  readonly #failing = new Map<string, Failing>();

  constructor(maxPerMinute: number) {
    this.#maxPerMinute = maxPerMinute;
  }

  /** How much longer newcomers from this address are refused, ms. 0 if they are not refused. */
  refusedForMs(address: string, now: number): number {
    return Math.max(0, (this.#failing.get(address)?.refusedUntil ?? now) - now);
  }

  /** Called when a newcomer from this address was refused. */
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

  /** The record of this address with its present count. A new record when the count has fallen to 0. */
  #current(address: string, now: number): Failing {
    const failing = this.#failing.get(address);
    if (failing !== undefined) {
      failing.count -= ((now - failing.at) * this.#maxPerMinute) / MINUTE_MS;
      if (failing.count > 0) return failing;
    }
    return { count: 0, at: now, refusals: 0, refusedUntil: now };
  }
}
