import { DEFAULT_MAX_LINE_BYTES } from '@iot/framing';
import { requireInteger, requireOneOf } from './check-options.js';
import type { UnreadTotal } from './unread-total.js';

/**
 * How a session behaves; the same at both ends, but for what is said to be for one role. Times are in ms, sizes in bytes
 * of UTF-8.
 */
export interface SessionOptions {
  /** A client says hello and speaks when the server has; a server has read the hello. */
  readonly role: 'client' | 'server';
  /** The client's id, its hello. A server's session does not need it. */
  readonly id?: string | undefined;
  /**
   * Silence after which a link is given up, and time after which a line is sent again when neither it nor one before it
   * is acked; a keepalive goes out four times in it. Common to all ends: theirs may differ by less than a factor of two.
   * At least 100; default 1500.
   */
  readonly timeout?: number | undefined;
  /** Unread lines up to which acks go out at once; as many again are held un-acked, and more refused. Default 256. */
  readonly maxUnreadLines?: number | undefined;
  /** The same in bytes. Default 256 KiB. */
  readonly maxUnreadBytes?: number | undefined;
  /**
   * When a line received is acked: `received` (the default), as far as the limits allow; `read`, when the application
   * reads it; or `done`, when it calls `done()` of a message: what a process that dies had not read, or done, is then
   * still the sender's. The sender repeats a line that waits for longer than the timeout. Use `read` and `done` at one end of a link only, or await no write inside the loop that reads: two ends
   * that read nothing more until their own line is acked wait for each other without end.
   */
  readonly ackWhen?: 'received' | 'read' | 'done' | undefined;
  /** qos lines sent and not yet acked, at most: fewer where the peer or the link does not take them; 1 to 100. Default 16. */
  readonly maxInFlight?: number | undefined;
  /**
   * Bytes sent and not yet acked. Default: no limit; 1400 for bursts toward an original (MicroPython) server
   * (PROTOCOL.md, Kindness to an original).
   */
  readonly maxInFlightBytes?: number | undefined;
  /** Longest line, sent or received. Default 64 KiB. */
  readonly maxLineBytes?: number | undefined;
  /**
   * Server: time from a client's first frame to the first message sent to it, for boards slow to get going; at most
   * `timeout`. Default 0.
   */
  readonly settleMs?: number | undefined;
  /** The highest version of the wire that is spoken; 1 neither offers 2 nor takes an offer. Default 2, with `drawEpoch`. */
  readonly protocol?: 1 | 2 | undefined;
  /** Version 2: 16 random hexadecimal digits, others each time. Without it version 1 is spoken. */
  readonly drawEpoch?: (() => string) | undefined;
  /** The time of day, ms since 1970, which is noted with each line received. Default: 0 at all times. */
  readonly dateNow?: (() => number) | undefined;
}

/** What the sessions of one process have in common. */
export interface Shared {
  /** What the unread lines of all sessions take that share it. Default: only those of this session are limited. */
  readonly unreadTotal?: UnreadTotal | undefined;
}

export type SessionSettings = Pick<SessionOptions, 'drawEpoch'> &
  Shared & {
    readonly [K in Exclude<keyof SessionOptions, 'drawEpoch'>]-?: Exclude<SessionOptions[K], undefined>;
  };

/** The defaults, each with its reason. */
export const SESSION_DEFAULTS: Omit<SessionSettings, 'role' | 'id' | 'dateNow' | 'drawEpoch' | keyof Shared> =
  {
    /** That of the MicroPython original. */
    timeout: 1500,
    /** Some seconds of a busy board. */
    maxUnreadLines: 256,
    /** Four of the longest lines. */
    maxUnreadBytes: 256 * 1024,
    /** As the originals. */
    ackWhen: 'received',
    /** Full speed on a LAN, and far from the spread limit. */
    maxInFlight: 16,
    /** None: only an original server needs one. */
    maxInFlightBytes: Infinity,
    maxLineBytes: DEFAULT_MAX_LINE_BYTES,
    /** An original client's reader runs before it sends. */
    settleMs: 0,
    /** Faster and exact; whoever does not offer it gets 1. */
    protocol: 2,
  };

/** Shorter timeouts than this measure the scheduler and not the link. */
const MIN_TIMEOUT_MS = 100;
/** Twice this is still a time that every timer takes. */
const MAX_TIMEOUT_MS = 2 ** 30;
/** Well within the spread limit of 119 (PROTOCOL.md section 3). */
const MAX_IN_FLIGHT = 100;

/** What `sessionSettings` has returned: the sessions of a server share one of these objects. */
const checked = new WeakSet<SessionOptions>();

/**
 * The session's own of these options, with the defaults of those that are missing; what else the object holds is left out.
 * What it has returned before is returned as it is.
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
  // A receiver counts on repeats within a few timeouts (PROTOCOL.md section 3, The receiver).
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
