/** The options of a session, with their defaults and the checks of their values. */
import { DEFAULT_MAX_LINE_BYTES } from '@iot/framing';
import { requireInteger, requireOneOf } from './check-options.js';
import type { UnreadTotal } from './unread-total.js';

/**
 * The options of a session. Both ends should use the same values, except for options of one role. Times are in ms,
 * sizes in bytes of UTF-8.
 */
export interface SessionOptions {
  /**
   * A client sends the hello first, and messages once the server has answered. A server's link is opened when the hello
   * has been read.
   */
  readonly role: 'client' | 'server';
  /** The client's id, which it sends as its hello. A server's session does not use it. */
  readonly id?: string | undefined;
  /**
   * A link is given up when no byte comes for this time, ms. Four keepalives are sent in this time. In version 1 a line is
   * repeated when neither it nor an earlier line is acked for this time; version 2 repeats lines only on a new link. The
   * timeouts of the two ends must differ by less than a factor of two. At least 100; default 1500.
   */
  readonly timeout?: number | undefined;
  /**
   * Number of unread lines up to which acks are sent at once. The same number again is accepted and not acked until
   * lines are read; more are refused. Default 256.
   */
  readonly maxUnreadLines?: number | undefined;
  /** The same limit in bytes. Default 256 KiB. */
  readonly maxUnreadBytes?: number | undefined;
  /**
   * When a received line is acked. `received` (the default): when it comes, as far as the limits allow. `read`: when
   * the application reads it. `done`: when the application calls `done()` of the message. With `read` and `done`, lines
   * that this process had not read, or done, when it dies are still at the sender. In version 1 the sender repeats a line
   * that waits for longer than its timeout.
   *
   * With `read` or `done` at both ends, do not await a write inside the loop that reads. Otherwise both ends can wait
   * for each other without end: each reads nothing more until its own line is acked.
   */
  readonly ackWhen?: 'received' | 'read' | 'done' | undefined;
  /**
   * In version 1, the largest number of qos lines sent and not yet acked, 1 to 100. Fewer are sent when the peer or the
   * link does not take that number. Default 16. In version 2 the peer announces how many lines it takes.
   */
  readonly maxInFlight?: number | undefined;
  /**
   * In version 1, the largest number of bytes sent and not yet acked. Default: no limit. Use 1400 for bursts to an
   * original (MicroPython) server (PROTOCOL.md, Kindness to an original).
   */
  readonly maxInFlightBytes?: number | undefined;
  /** The longest line that is sent or received. Default 64 KiB. */
  readonly maxLineBytes?: number | undefined;
  /**
   * Server: time from a client's first frame to the first message sent to that client, for boards that need time before
   * they can read. At most `timeout`. Default 0.
   */
  readonly settleMs?: number | undefined;
  /**
   * The highest version of the wire that is spoken. With 1, a client does not offer version 2 and a server ignores an
   * offer. Default 2, if `drawEpoch` is given.
   */
  readonly protocol?: 1 | 2 | undefined;
  /** For version 2: returns 16 random hexadecimal digits, different at each call. Without it version 1 is spoken. */
  readonly drawEpoch?: (() => string) | undefined;
  /** Returns the time of day, ms since 1970, which is stored with each received line. Default: always 0. */
  readonly dateNow?: (() => number) | undefined;
}

/** Options that the sessions of one process share. */
export interface Shared {
  /**
   * A limit on the unread lines of all sessions that share this object. Default: only the session's own limits apply.
   */
  readonly unreadTotal?: UnreadTotal | undefined;
}

export type SessionSettings = Pick<SessionOptions, 'drawEpoch'> &
  Shared & {
    readonly [K in Exclude<keyof SessionOptions, 'drawEpoch'>]-?: Exclude<SessionOptions[K], undefined>;
  };

/** The defaults, each with its reason. */
export const SESSION_DEFAULTS: Omit<SessionSettings, 'role' | 'id' | 'dateNow' | 'drawEpoch' | keyof Shared> =
  {
    /** As the MicroPython original. */
    timeout: 1500,
    /** What a busy board sends in some seconds. */
    maxUnreadLines: 256,
    /** Four of the longest lines. */
    maxUnreadBytes: 256 * 1024,
    /** As the originals. */
    ackWhen: 'received',
    /** Enough for full speed on a LAN, and far from the spread limit of 119. */
    maxInFlight: 16,
    /** No limit: only an original server needs one. */
    maxInFlightBytes: Infinity,
    maxLineBytes: DEFAULT_MAX_LINE_BYTES,
    /** An original client can read before it sends. */
    settleMs: 0,
    /** Version 2 is faster, and exact across restarts. Peers that do not offer it are served with version 1. */
    protocol: 2,
  };

/** A shorter timeout would measure the scheduler, not the link. */
const MIN_TIMEOUT_MS = 100;
/** Twice this value is still within the range of every timer. */
const MAX_TIMEOUT_MS = 2 ** 30;
/** Well within the spread limit of 119 (PROTOCOL.md section 3). */
const MAX_IN_FLIGHT = 100;

/** The objects that `sessionSettings` has returned. All sessions of a server share one of them. */
const checked = new WeakSet<SessionOptions>();

/**
 * Checks the options and adds the defaults; properties that are not options of a session are left out. An object that
 * was returned before is returned unchanged.
 *
 * @throws UsageError `ERR_BAD_OPTION` for a value out of its range.
 */
export function sessionSettings(options: SessionOptions & Shared): SessionSettings {
  if (isChecked(options)) return options;
  const defaults = SESSION_DEFAULTS;
  const settings: SessionSettings = {
    role: options.role,
    id: options.id ?? '',
    timeout: options.timeout ?? defaults.timeout,
    maxUnreadLines: options.maxUnreadLines ?? defaults.maxUnreadLines,
    maxUnreadBytes: options.maxUnreadBytes ?? defaults.maxUnreadBytes,
    ackWhen: options.ackWhen ?? defaults.ackWhen,
    maxInFlight: options.maxInFlight ?? defaults.maxInFlight,
    maxInFlightBytes: options.maxInFlightBytes ?? defaults.maxInFlightBytes,
    maxLineBytes: options.maxLineBytes ?? defaults.maxLineBytes,
    settleMs: options.settleMs ?? defaults.settleMs,
    protocol: options.protocol ?? defaults.protocol,
    drawEpoch: options.drawEpoch,
    dateNow: options.dateNow ?? noDate,
    unreadTotal: options.unreadTotal,
  };
  requireInteger('timeout', settings.timeout, MIN_TIMEOUT_MS, MAX_TIMEOUT_MS);
  requireInteger('maxUnreadLines', settings.maxUnreadLines, 1);
  requireInteger('maxUnreadBytes', settings.maxUnreadBytes, 1);
  requireOneOf('ackWhen', settings.ackWhen, ['received', 'read', 'done']);
  requireInteger('maxInFlight', settings.maxInFlight, 1, MAX_IN_FLIGHT);
  if (settings.maxInFlightBytes !== Infinity)
    requireInteger('maxInFlightBytes', settings.maxInFlightBytes, 1);
  requireInteger('maxLineBytes', settings.maxLineBytes, 1);
  // A receiver relies on repeats coming within a few timeouts (PROTOCOL.md section 3, The receiver).
  requireInteger('settleMs', settings.settleMs, 0, settings.timeout);
  requireInteger('protocol', settings.protocol, 1, 2);
  checked.add(settings);
  return Object.freeze(settings);
}

function noDate(): number {
  return 0;
}

function isChecked(options: SessionOptions): options is SessionSettings {
  return checked.has(options);
}
