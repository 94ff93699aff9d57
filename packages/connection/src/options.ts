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
  /** Unsent lines of one kind that are taken in; further writes wait. Default 1024. */
  readonly maxUnsentLines?: number | undefined;
  /**
   * How long `await using` waits at the end of its scope for writes that have not settled, before it closes: then they
   * reject, and one warning goes to the logger. A server has one time for all its clients, and does not wait for
   * those that are down. 0: it does not wait, as `close` never does. With a store `close` waits for as long at most for what
   * is being stored, and one warning says when the store did not answer. Default 5000.
   */
  readonly closeTimeoutMs?: number | undefined;
  /** Longest client id. Default 256. */
  readonly maxIdBytes?: number | undefined;
  /** pino, or any object with its methods `debug`, `info`, `warn` and `error`. Default: nothing is logged. */
  readonly logger?: Logger | undefined;
  /**
   * Where sessions are kept beyond the death of this process, such as `levelStore` of @iot/store-level: a line is then acked,
   * and sent for the first time, once it is stored. It belongs to the caller, who closes it after the server or the client.
   * Default: a session ends with its process.
   */
  readonly store?: SessionStore | undefined;
}

const { settleMs: _serverOnly, ...ofBothEnds } = SESSION_DEFAULTS;

export const LINK_DEFAULTS = {
  ...ofBothEnds,
  /** A minute of an outage at sixteen lines a second. */
  maxUnsentLines: 1024,
  /** Three timeouts: a line that is lost once is still repeated and acked. */
  closeTimeoutMs: 5000,
  maxIdBytes: DEFAULT_MAX_ID_BYTES,
  store: undefined as SessionStore | undefined,
  logger: undefined as Logger | undefined,
};

/**
 * The options of an end, checked as far as both ends have them, over its defaults.
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

/** `options` without what is undefined, over `defaults`. */
export function withDefaults<D extends object, O extends object>(
  defaults: D,
  options: O,
): D & { [K in keyof O]: Exclude<O[K], undefined> } {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  return { ...defaults, ...given } as D & { [K in keyof O]: Exclude<O[K], undefined> };
}
