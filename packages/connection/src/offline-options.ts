import type { Window } from '@iot/qos';
import {
  LONGEST_TIMER_MS,
  requireInteger,
  requireKnownOptions,
  requireOneOf,
  WINDOW,
} from '@iot/qos/internal';
import { WHEN_FULL } from './backlog.js';

/**
 * Limits of lines that were written and have never been sent, those without qos too: in an outage, and whenever the program
 * writes faster than the link carries. `maxUnsentLines` does not apply then. A line that was sent and not acked is never
 * dropped, and does not count.
 */
export interface OfflineOptions {
  /**
   * These lines, at most. They are in memory; with a store they are on its disk, and the first 1,000 or 256 KiB of them in
   * memory too (with `'keep-latest-per-key'` all). Default 10,000.
   */
  readonly maxLines?: number | undefined;
  /** The same in bytes of UTF-8; at least `maxLineBytes`. Default 4 MiB, or `maxLineBytes` where that is more. */
  readonly maxBytes?: number | undefined;
  /**
   * What happens to a new line when a limit is reached. `'wait'` (the default): its write waits. `'reject'`: its write rejects
   * with `ERR_OFFLINE_FULL`. `'drop-newest'`: it is dropped. `'drop-oldest'`: the oldest are dropped, as many as it takes.
   * `'keep-latest-per-key'`: a line takes the place of an earlier one with the same `key` (an option of `write`), which is
   * dropped, also when no limit is reached; when one is, as `'drop-oldest'`, and so for lines without a key. The write of a
   * line that is dropped rejects with `ERR_DROPPED`, unless it has resolved (`until: 'stored'`); `stats.dropped` counts both.
   */
  readonly when?: 'wait' | 'reject' | 'drop-oldest' | 'drop-newest' | 'keep-latest-per-key' | undefined;
  /**
   * Which lines with `wait: false` are sent first after an outage. `'oldest-first'` (the default): they keep their place among
   * all lines. `'newest-first'`: what is written now is sent now, and the backlog after it, from its end. Lines without `wait:
   * false` keep their order in any case; those that wait go before the backlog of lines that are older than the last of them.
   */
  readonly order?: 'oldest-first' | 'newest-first' | undefined;
  /**
   * A line that has not been sent this long after it was written is withdrawn; ms, at most 2,147,483,647. Its write rejects
   * with `ERR_EXPIRED`, unless it has resolved, and `stats.expired` counts it. For a line that an earlier process has left in
   * the store the time begins when this process has loaded it. Default: none. The same option of `write` is for one line.
   */
  readonly expiresInMs?: number | undefined;
}

/** `expiresInMs` is Infinity where lines do not expire. */
export type OfflineSettings = {
  readonly [K in keyof OfflineOptions]-?: Exclude<OfflineOptions[K], undefined>;
};

/** A sensor's week with a line a minute, or some hours with one a second. */
const MAX_LINES = 10_000;
/** Lines of 400 bytes then: more than most readings have. */
const MAX_BYTES = 4 * 1024 * 1024;

/** @throws UsageError `ERR_BAD_OPTION`. */
export function offlineSettings(options: OfflineOptions, maxLineBytes: number): OfflineSettings {
  requireKnownOptions(options, ['maxLines', 'maxBytes', 'when', 'order', 'expiresInMs'], 'offline.');
  const { maxLines = MAX_LINES, maxBytes = Math.max(MAX_BYTES, maxLineBytes) } = options;
  const { when = 'wait', order = 'oldest-first' } = options;
  requireInteger('offline.maxLines', maxLines, 1);
  // A shorter limit would have a line that can never be sent.
  requireInteger('offline.maxBytes', maxBytes, maxLineBytes);
  requireOneOf('offline.when', when, WHEN_FULL);
  requireOneOf('offline.order', order, ['oldest-first', 'newest-first']);
  checkExpiry('offline.expiresInMs', options.expiresInMs);
  return { maxLines, maxBytes, when, order, expiresInMs: options.expiresInMs ?? Infinity };
}

/**
 * How much of these lines a session with a store has in memory; undefined: all. The latest line of a key is found by looking
 * at all of them, and there is one for each key.
 */
export function windowOf(offline: OfflineSettings | undefined): Window | undefined {
  return offline === undefined || offline.when === 'keep-latest-per-key' ? undefined : WINDOW;
}

/** @throws UsageError `ERR_BAD_OPTION`. */
export function checkExpiry(name: string, expiresInMs: unknown): void {
  if (expiresInMs !== undefined) requireInteger(name, expiresInMs, 1, LONGEST_TIMER_MS);
}
