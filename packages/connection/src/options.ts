/** Options that client and server have in common, their defaults, and their checks. */
import { DEFAULT_MAX_ID_BYTES } from '@iot/framing';
import type { SessionOptions } from '@iot/qos';
import {
  LONGEST_TIMER_MS,
  requireInteger,
  requireKnownOptions,
  requireMethods,
  SESSION_DEFAULTS,
  sessionSettings,
} from '@iot/qos/internal';
import { LOG_LEVELS, type Logger } from './logger.js';
import type { SessionStore } from './store/port.js';

const STORE_METHODS = ['load', 'append', 'read', 'trim', 'ids', 'close'] as const;

/** Options that both ends have, all with defaults. Times are in ms, sizes in bytes of UTF-8. */
export interface LinkOptions extends Omit<
  SessionOptions,
  'role' | 'id' | 'settleMs' | 'drawEpoch' | 'dateNow' | 'unreadTotal'
> {
  /**
   * Most unsent lines of one kind (ordered, `wait: false`, `qos: false`) for which the session has space. Further writes wait
   * until lines are sent. Default 1024.
   */
  readonly maxUnsentLines?: number | undefined;
  /**
   * How long `await using` waits at the end of its scope for pending writes before it closes. Writes that are still pending
   * then reject, and one warning is logged. A server waits this long for all its clients together, and not for clients that
   * are down. 0: `await using` does not wait. `close` never waits for writes. With a store, `close` waits at most this long
   * until the last entries are stored, and logs a warning if the store did not answer. Default 5000.
   */
  readonly closeTimeoutMs?: number | undefined;
  /** Longest client id. Default 256. */
  readonly maxIdBytes?: number | undefined;
  /** pino, or any object with its methods `debug`, `info`, `warn` and `error`. Default: nothing is logged. */
  readonly logger?: Logger | undefined;
  /**
   * The store in which sessions survive this process, such as `levelStore` of @iot/store-level. A received line is then acked
   * only after it is stored, and a written line is sent only after it is stored. The caller owns the store and closes it after
   * the server or the client. Default: no store, so a session ends with its process.
   */
  readonly store?: SessionStore | undefined;
}

const { settleMs: _serverOnly, ...ofBothEnds } = SESSION_DEFAULTS;

export const LINK_DEFAULTS = {
  ...ofBothEnds,
  /** Enough for an outage of a minute at sixteen lines a second. */
  maxUnsentLines: 1024,
  /** More than three times the default timeout: a line that is lost once can still be retransmitted and acked. */
  closeTimeoutMs: 5000,
  maxIdBytes: DEFAULT_MAX_ID_BYTES,
  store: undefined as SessionStore | undefined,
  logger: undefined as Logger | undefined,
};

/**
 * Merges the options of an end with its defaults, and checks those that both ends have.
 *
 * @param required names of the options without a default
 * @throws UsageError `ERR_BAD_OPTION`.
 */
export function linkSettings<D extends typeof LINK_DEFAULTS, O extends LinkOptions>(
  role: SessionOptions['role'],
  options: O,
  defaults: D,
  required: readonly string[] = [],
) {
  requireKnownOptions(options, [...required, ...Object.keys(defaults)]);
  const settings = withDefaults(defaults, options);
  requireInteger('maxUnsentLines', settings.maxUnsentLines, 1);
  requireInteger('maxIdBytes', settings.maxIdBytes, 1);
  requireInteger('closeTimeoutMs', settings.closeTimeoutMs, 0, LONGEST_TIMER_MS);
  if (settings.logger !== undefined) requireMethods('logger', settings.logger, LOG_LEVELS);
  if (settings.store !== undefined) requireMethods('store', settings.store, STORE_METHODS);
  return { ...settings, ...sessionSettings({ ...settings, role }) };
}

/** Merges `options` over `defaults`. An option that is undefined counts as not given. */
export function withDefaults<D extends object, O extends object>(
  defaults: D,
  options: O,
): D & { [K in keyof O]: Exclude<O[K], undefined> } {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  return { ...defaults, ...given } as D & { [K in keyof O]: Exclude<O[K], undefined> };
}
