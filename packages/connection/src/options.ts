import { DEFAULT_MAX_ID_BYTES } from '@iot/framing';
import { SESSION_DEFAULTS } from '@iot/qos';

/** Options that both ends have, all with defaults. Times are in ms, sizes in bytes of UTF-8. */
export interface LinkOptions {
  /**
   * Silence after which a link is given up, and time after which an unacked line is repeated; a keepalive goes out four
   * times in it. Common to all ends: theirs may differ by less than a factor of two. At least 100; default 1500.
   */
  readonly timeout?: number | undefined;
  /** Unread lines up to which acks go out at once; as many again are held un-acked, and more refused. Default 256. */
  readonly maxUnreadLines?: number | undefined;
  /** The same in bytes. Default 256 KiB. */
  readonly maxUnreadBytes?: number | undefined;
  /**
   * When a line received is acked: `received` (the default), as far as the limits allow, or `read`, when the application
   * reads it: what a process that dies had not read is then still the sender's. The sender repeats a line that waits for
   * longer than the timeout. Use `read` at one end of a link only, or await no write inside the loop that reads: two ends
   * that read nothing more until their own line is acked wait for each other, for ever.
   */
  readonly ackWhen?: 'received' | 'read' | undefined;
  /** Unsent lines of one kind that are taken in; further writes wait. Default 1024. */
  readonly maxUnsentLines?: number | undefined;
  /** qos lines sent and not yet acked, 1 to 100. Default 16. */
  readonly maxInFlight?: number | undefined;
  /** Bytes sent and not yet acked. Default: no limit; 1400 for bursts toward an original (MicroPython) server. */
  readonly maxInFlightBytes?: number | undefined;
  /** Longest line, sent or received. Default 64 KiB. */
  readonly maxLineBytes?: number | undefined;
  /** Longest client id. Default 256. */
  readonly maxIdBytes?: number | undefined;
}

export const LINK_DEFAULTS = {
  timeout: SESSION_DEFAULTS.timeout,
  maxUnreadLines: SESSION_DEFAULTS.maxUnreadLines,
  maxUnreadBytes: SESSION_DEFAULTS.maxUnreadBytes,
  ackWhen: SESSION_DEFAULTS.ackWhen,
  maxInFlight: SESSION_DEFAULTS.maxInFlight,
  maxInFlightBytes: SESSION_DEFAULTS.maxInFlightBytes,
  maxLineBytes: SESSION_DEFAULTS.maxLineBytes,
  /** A minute of an outage at sixteen lines a second. */
  maxUnsentLines: 1024,
  maxIdBytes: DEFAULT_MAX_ID_BYTES,
} as const;

/** `options` without what is undefined, over `defaults`. */
export function withDefaults<D extends object, O extends object>(
  defaults: D,
  options: O,
): D & { [K in keyof O]: Exclude<O[K], undefined> } {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  return { ...defaults, ...given } as D & { [K in keyof O]: Exclude<O[K], undefined> };
}
