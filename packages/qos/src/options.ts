import { DEFAULT_MAX_LINE_BYTES, UsageError } from '@iot/framing';

/** How a session behaves; the same at both ends, but for what is said to be for one role. */
export interface SessionOptions {
  /** A client says hello and speaks when the server has; a server has read the hello. */
  readonly role: 'client' | 'server';
  /** The client's id, its hello. A server's session does not need it. */
  readonly id?: string | undefined;
  /** Silence after which the link is given up, and time after which a line is sent again when neither it nor one before it is acked; ms. */
  readonly timeout?: number | undefined;
  /** Unread lines up to which acks go out at once; as many again are held un-acked. */
  readonly maxUnreadLines?: number | undefined;
  /** The same in bytes. */
  readonly maxUnreadBytes?: number | undefined;
  /** `read` acks a line only when the application reads it. Default `received`. */
  readonly ackWhen?: 'received' | 'read' | undefined;
  /** qos lines sent and not yet acked, at most: fewer where the peer or the link does not take them; 1 to 100. */
  readonly maxInFlight?: number | undefined;
  /** Bytes sent and not yet acked. 1,400 for bursts toward an original server (PROTOCOL.md, Kindness to an original). */
  readonly maxInFlightBytes?: number | undefined;
  /** Longest line, in bytes of UTF-8. */
  readonly maxLineBytes?: number | undefined;
  /**
   * Server: ms from the client's first frame to the first message sent to it, for boards slow to get going; at most
   * `timeout`.
   */
  readonly settleMs?: number | undefined;
}

export type SessionSettings = {
  readonly [K in keyof SessionOptions]-?: Exclude<SessionOptions[K], undefined>;
};

/** The defaults, each with its reason. */
export const SESSION_DEFAULTS = {
  /** The seed's. */
  timeout: 1500,
  /** Some seconds of a busy board. */
  maxUnreadLines: 256,
  /** Four of the longest lines. */
  maxUnreadBytes: 256 * 1024,
  /** As the originals. */
  ackWhen: 'received' as 'received' | 'read',
  /** Full speed on a LAN, and far from the spread limit. */
  maxInFlight: 16,
  /** None: only an original server needs one. */
  maxInFlightBytes: Infinity,
  maxLineBytes: DEFAULT_MAX_LINE_BYTES,
  /** An original client's reader runs before it sends. */
  settleMs: 0,
} as const;

/** Shorter timeouts than this measure the scheduler and not the link. */
const MIN_TIMEOUT_MS = 100;
/** Twice this is still a time that every timer takes. */
const MAX_TIMEOUT_MS = 2 ** 30;
/** Well within the spread limit of 119 (PROTOCOL.md section 3). */
const MAX_IN_FLIGHT = 100;

/** @throws UsageError `ERR_BAD_OPTION` for a value out of its range. */
export function sessionSettings(options: SessionOptions): SessionSettings {
  // Each by name: what else a caller's options hold is not a session's to keep.
  const settings: SessionSettings = {
    role: options.role,
    id: options.id ?? '',
    timeout: options.timeout ?? SESSION_DEFAULTS.timeout,
    maxUnreadLines: options.maxUnreadLines ?? SESSION_DEFAULTS.maxUnreadLines,
    maxUnreadBytes: options.maxUnreadBytes ?? SESSION_DEFAULTS.maxUnreadBytes,
    ackWhen: options.ackWhen ?? SESSION_DEFAULTS.ackWhen,
    maxInFlight: options.maxInFlight ?? SESSION_DEFAULTS.maxInFlight,
    maxInFlightBytes: options.maxInFlightBytes ?? SESSION_DEFAULTS.maxInFlightBytes,
    maxLineBytes: options.maxLineBytes ?? SESSION_DEFAULTS.maxLineBytes,
    settleMs: options.settleMs ?? SESSION_DEFAULTS.settleMs,
  };
  requireInteger('timeout', settings.timeout, MIN_TIMEOUT_MS, MAX_TIMEOUT_MS);
  requireInteger('maxUnreadLines', settings.maxUnreadLines, 1);
  requireInteger('maxUnreadBytes', settings.maxUnreadBytes, 1);
  requireOneOf('ackWhen', settings.ackWhen, ['received', 'read']);
  requireInteger('maxInFlight', settings.maxInFlight, 1, MAX_IN_FLIGHT);
  if (settings.maxInFlightBytes !== Infinity)
    requireInteger('maxInFlightBytes', settings.maxInFlightBytes, 1);
  requireInteger('maxLineBytes', settings.maxLineBytes, 1);
  // A receiver counts on repeats within a few timeouts (PROTOCOL.md section 3, The receiver).
  requireInteger('settleMs', settings.settleMs, 0, settings.timeout);
  return settings;
}

/** @throws UsageError `ERR_BAD_OPTION` unless `value` is a whole number from `min` to `max`. */
export function requireInteger(
  name: string,
  value: unknown,
  min: number,
  max = Number.MAX_SAFE_INTEGER,
): void {
  if (Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max) return;
  const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
  // '8123' is shown as what it is: a string.
  const given = typeof value === 'string' ? JSON.stringify(value) : String(value);
  throw new UsageError('ERR_BAD_OPTION', `${name} must be a whole number ${range}, not ${given}`);
}

/** @throws UsageError `ERR_BAD_OPTION` unless `value` is one of `allowed`. */
export function requireOneOf(name: string, value: unknown, allowed: readonly string[]): void {
  if (allowed.includes(value as string)) return;
  throw new UsageError(
    'ERR_BAD_OPTION',
    `${name} must be one of ${allowed.join(', ')}, not ${String(value)}`,
  );
}
