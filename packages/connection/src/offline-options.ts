/** The option `offline`: limits for lines that were written and have never been sent. */
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
 * Limits for lines that were written and have never been sent, with and without qos. They apply in an outage, and whenever the
 * program writes faster than the link carries. They replace `maxUnsentLines`. A line that was sent and not acked does not
 * count and is never dropped.
 */
export interface OfflineOptions {
  /**
   * Most of these lines. Without a store they are all in memory. With a store they are on its disk, and only the first 1,000,
   * or 256 KiB, are in memory too; with `'keep-latest-per-key'` all are. Default 10,000.
   */
  readonly maxLines?: number | undefined;
  /** The same limit in bytes of UTF-8, at least `maxLineBytes`. Default 4 MiB, or `maxLineBytes` if that is more. */
  readonly maxBytes?: number | undefined;
  /**
   * What happens to a new line when a limit is reached.
   *
   * - `'wait'` (the default): its write waits.
   * - `'reject'`: its write rejects with `ERR_OFFLINE_FULL`.
   * - `'drop-newest'`: the new line is dropped.
   * - `'drop-oldest'`: the oldest lines are dropped until the new line fits.
   * - `'keep-latest-per-key'`: a new line replaces an earlier line with the same `key` (an option of `write`), even when no
   *   limit is reached. The earlier line is dropped. At a limit, new keys and lines without a key are treated as with
   *   `'drop-oldest'`.
   *
   * The write of a dropped line rejects with `ERR_DROPPED`, unless it has already resolved (`until: 'stored'`).
   * `stats.dropped` counts the line in both cases.
   */
  readonly when?: 'wait' | 'reject' | 'drop-oldest' | 'drop-newest' | 'keep-latest-per-key' | undefined;
  /**
   * In which order lines with `wait: false` are sent after an outage. `'oldest-first'` (the default): in the order of the
   * writes, among all other lines. `'newest-first'`: the line that was written last is sent first, and the oldest one last.
   * Lines without `wait: false` always keep their order. Those that are waiting are sent before the lines with `wait: false`
   * that are older than the last of them.
   */
  readonly order?: 'oldest-first' | 'newest-first' | undefined;
  /**
   * A line that has not been sent this long after it was written is withdrawn. In ms, at most 2,147,483,647. Its write rejects
   * with `ERR_EXPIRED`, unless it has already resolved, and `stats.expired` counts the line. For a line that an earlier process
   * left in the store, the time begins when this process has loaded it. Default: no limit. `write` has the same option for one
   * line.
   */
  readonly expiresInMs?: number | undefined;
}

/** The checked options. `expiresInMs` is Infinity when lines do not expire. */
export type OfflineSettings = {
  readonly [K in keyof OfflineOptions]-?: Exclude<OfflineOptions[K], undefined>;
};

/** A week with a line a minute, or almost three hours with a line a second. */
const MAX_LINES = 10_000;
/** Enough for `MAX_LINES` lines of 400 bytes, which is more than most sensor readings have. */
const MAX_BYTES = 4 * 1024 * 1024;

/** @throws UsageError `ERR_BAD_OPTION`. */
export function offlineSettings(options: OfflineOptions, maxLineBytes: number): OfflineSettings {
  requireKnownOptions(options, ['maxLines', 'maxBytes', 'when', 'order', 'expiresInMs'], 'offline.');
  const { maxLines = MAX_LINES, maxBytes = Math.max(MAX_BYTES, maxLineBytes) } = options;
  const { when = 'wait', order = 'oldest-first' } = options;
  requireInteger('offline.maxLines', maxLines, 1);
  // With a smaller limit, a line of `maxLineBytes` could never be sent.
  requireInteger('offline.maxBytes', maxBytes, maxLineBytes);
  requireOneOf('offline.when', when, WHEN_FULL);
  requireOneOf('offline.order', order, ['oldest-first', 'newest-first']);
  checkExpiry('offline.expiresInMs', options.expiresInMs);
  return { maxLines, maxBytes, when, order, expiresInMs: options.expiresInMs ?? Infinity };
}

/**
 * How much of the unsent lines a session with a store keeps in memory; undefined means all. With `'keep-latest-per-key'` all
 * lines are kept in memory, because the latest line of a key must be found.
 */
export function windowOf(offline: OfflineSettings | undefined): Window | undefined {
  return offline === undefined || offline.when === 'keep-latest-per-key' ? undefined : WINDOW;
}

/** @throws UsageError `ERR_BAD_OPTION`. */
export function checkExpiry(name: string, expiresInMs: unknown): void {
  if (expiresInMs !== undefined) requireInteger(name, expiresInMs, 1, LONGEST_TIMER_MS);
}
