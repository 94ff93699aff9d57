/**
 * One write of the application: its options, and the promise that `write` returned for it. A write is pending until this
 * promise settles.
 */
import { UsageError } from '@iot/framing';
import type { WriteFlags } from '@iot/qos';
import { requireOneOf, type Lane } from '@iot/qos/internal';
import { checkExpiry } from './offline-options.js';
import type { UnsentLine } from './unsent-lines.js';
import { quiet } from './waiters.js';

export interface WriteOptions extends WriteFlags {
  /**
   * Aborting rejects the write with `signal.reason`, and withdraws the line if it has not been sent. A line that was sent may
   * still arrive, once. null means no signal.
   */
  readonly signal?: AbortSignal | null | undefined;
  /**
   * `'acked'` (the default): the write resolves once the other end has acked the line. `'stored'`: the write resolves once the
   * line is in the store of this end, also during an outage. This process or the next one sends the line later, and it arrives
   * once. `pendingWrites` and `drain` do not count the line after it is stored. `'stored'` needs a store and `qos: true`.
   */
  readonly until?: 'acked' | 'stored' | undefined;
  /**
   * Only for a client with `offline: { when: 'keep-latest-per-key' }`, without effect otherwise. The line replaces an earlier
   * line with the same key that has never been sent.
   */
  readonly key?: string | undefined;
  /**
   * A line that has not been sent this long after the call is withdrawn, and its write rejects with `ERR_EXPIRED`, unless the
   * write has already resolved (`until: 'stored'`). In ms, at most 2,147,483,647. The time is not stored with the line: after
   * a restart `offline.expiresInMs` of the client applies. Default: `offline.expiresInMs`, or no limit.
   */
  readonly expiresInMs?: number | undefined;
}

export const NO_OPTIONS: WriteOptions = {};

export const WRITE_OPTIONS = ['qos', 'wait', 'signal', 'until', 'key', 'expiresInMs'];

/**
 * @param stores true when the connection has a store
 * @throws UsageError `ERR_BAD_OPTION`
 */
export function checkWriteOptions(options: WriteOptions, stores: boolean): void {
  const { until = 'acked', qos = true, key, expiresInMs } = options;
  checkExpiry('expiresInMs', expiresInMs);
  requireOneOf('until', until, ['acked', 'stored']);
  if (until === 'stored') {
    if (!qos)
      throw new UsageError('ERR_BAD_OPTION', "until: 'stored' needs qos: true: other lines are not stored");
    if (!stores)
      throw new UsageError('ERR_BAD_OPTION', "until: 'stored' needs a store: this connection has none");
  }
  if (key !== undefined && typeof key !== 'string')
    throw new UsageError('ERR_BAD_OPTION', `key must be a string, not ${typeof key}`);
}

export class PendingWrite {
  readonly promise: Promise<void>;
  /** Emptied once the engine has the line. */
  text: string;
  /** The number that the engine gave the line; undefined until the engine has it. */
  ticket: number | undefined;
  /** The time of the call, by the engine's clock. Only for a line with qos, and only if acks are observed. */
  at: number | undefined;
  /** Only for a line that the limits of `offline` or `expiresInMs` may give up. */
  unsent: UnsentLine | undefined;
  /** Removes the listener to the signal; undefined without a signal. */
  stopListening: (() => void) | undefined;
  #resolve!: () => void;
  #reject!: (reason: unknown) => void;

  constructor(
    readonly number: number,
    text: string,
    readonly lane: Lane,
    readonly untilStored: boolean,
  ) {
    this.text = text;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  settle(failure: { readonly reason: unknown } | undefined): void {
    this.stopListening?.();
    if (failure === undefined) return this.#resolve();
    void quiet(this.promise);
    this.#reject(failure.reason);
  }
}
