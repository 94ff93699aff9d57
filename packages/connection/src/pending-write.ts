/** One write of the application: its options, and the promise that it waits for. */
import { UsageError } from '@iot/framing';
import type { WriteFlags } from '@iot/qos';
import { requireOneOf, type Lane } from '@iot/qos/internal';
import { checkExpiry } from './offline-options.js';
import type { UnsentLine } from './unsent-lines.js';
import { quiet } from './waiters.js';

export interface WriteOptions extends WriteFlags {
  /**
   * Aborting rejects with `signal.reason` and withdraws a line that has not been sent; one that has may still arrive,
   * once. null is none.
   */
  readonly signal?: AbortSignal | null | undefined;
  /**
   * `'acked'` (the default): the write resolves once the other end has acked the line. `'stored'`: once the line is in the
   * store of this end, also during an outage. It is sent and acked after that, by this process or the next one, and arrives
   * once; this write, `pendingWrites` and `drain` do not wait for that. It needs a store and `qos: true`.
   */
  readonly until?: 'acked' | 'stored' | undefined;
  /**
   * What the line is about, for a client with `offline: { when: 'keep-latest-per-key' }`: it takes the place of an earlier
   * line with the same key that has never been sent. Without that it says nothing.
   */
  readonly key?: string | undefined;
  /**
   * A line that has not been sent this long after the call is withdrawn, and its write rejects with `ERR_EXPIRED`, unless it
   * has resolved (`until: 'stored'`); ms, at most 2,147,483,647. It is not stored with the line: after a restart
   * `offline.expiresInMs` of the client applies. Default: `offline.expiresInMs`, or none.
   */
  readonly expiresInMs?: number | undefined;
}

export const NO_OPTIONS: WriteOptions = {};

export const WRITE_OPTIONS = ['qos', 'wait', 'signal', 'until', 'key', 'expiresInMs'];

/**
 * @param stores what the connection does with lines with qos
 * @throws UsageError `ERR_BAD_OPTION`
 */
export function checkWriteOptions(options: WriteOptions, stores: boolean): void {
  const { until = 'acked', qos = true, key, expiresInMs } = options;
  checkExpiry('expiresInMs', expiresInMs);
  requireOneOf('until', until, ['acked', 'stored']);
  if (until === 'stored') {
    if (!qos) throw new UsageError('ERR_BAD_OPTION', "until: 'stored' needs qos: other lines are not stored");
    if (!stores)
      throw new UsageError('ERR_BAD_OPTION', "until: 'stored' needs a store: this connection has none");
  }
  if (key !== undefined && typeof key !== 'string')
    throw new UsageError('ERR_BAD_OPTION', `key must be a string, not ${typeof key}`);
}

export class PendingWrite {
  readonly promise: Promise<void>;
  /** Until the engine has the line. */
  text: string;
  /** The engine's, once it has the line. */
  ticket: number | undefined;
  /** When it was called, of the engine's clock; of a line with qos whose ack is observed. */
  at: number | undefined;
  /** Of a line that may be given up. */
  unsent: UnsentLine | undefined;
  /** Undefined where there is no signal. */
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
