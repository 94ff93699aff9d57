/**
 * The numeric options of `listen`. Each is an option of `iot serve` and a key of its configuration, with the
 * same name.
 */
import { numberOption } from '@iot/app-kit';
import { whole, type Shape } from '@iot/mqtt-gateway/internal';
import { listenSettings } from '@iot/server/internal';
import type { Option } from 'commander';

const MOST = Number.MAX_SAFE_INTEGER;
/** The maximum of Node's timers, and the longest `timeout`. An end waits for up to two timeouts. */
const [LONGEST_MS, LONGEST_TIMEOUT_MS] = [2 ** 31 - 1, 2 ** 30];

const LIMITS = {
  timeout: ['silence that counts as an outage, ms; the same on all ends', 100, LONGEST_TIMEOUT_MS],
  maxConnections: ['simultaneous sockets on each port', 1, MOST],
  maxConnectionsPerAddress: ['simultaneous sockets of one address', 1, MOST],
  maxFailuresPerAddress: ['failed attempts of one address per minute before it is refused', 1, MOST],
  maxSessions: ['sessions kept at a time, of clients that are up or down', 1, MOST],
  forgetAfterMs: ['time after which a client that is down and not expected is forgotten, ms', 1, LONGEST_MS],
  maxLinesPerSecond: ['lines per second that are accepted from one client', 1, MOST],
  maxBytesPerSecond: ['bytes per second that are accepted from one client', 1, MOST],
  maxUnreadLines: ['unread lines of a client before the client is slowed down', 1, MOST],
  maxUnreadBytes: ['bytes of unread lines of a client before the client is slowed down', 1, MOST],
  maxTotalUnreadBytes: [
    'bytes of unread lines of all clients before the clients with most are slowed down',
    1,
    MOST,
  ],
  maxUnsentLines: ['unsent lines for a client; at this limit further writes wait', 1, MOST],
  maxInFlight: ['lines sent to a client and not yet acked', 1, 100],
  maxInFlightBytes: ['bytes sent to a client and not yet acked', 1, MOST],
  maxLineBytes: ['longest line, in bytes', 1, MOST],
  maxIdBytes: ['longest client id, in bytes', 1, MOST],
  settleMs: ['time from the first frame of a client to the first line sent to it, ms', 0, LONGEST_TIMEOUT_MS],
  closeTimeoutMs: ['at the end, how long to wait for lines that are not acked, ms', 0, LONGEST_MS],
  protocol: ['highest version of the protocol', 1, 2],
} as const;

export type Limit = keyof typeof LIMITS;

export const LIMIT_NAMES = Object.keys(LIMITS) as Limit[];

export const LIMIT_SHAPES = Object.fromEntries(
  LIMIT_NAMES.map((name) => [name, whole(LIMITS[name][1], LIMITS[name][2])]),
) as Record<Limit, Shape<number>>;

/** The text for a default that depends on the machine. */
const WORDS: Partial<Record<Limit, string>> = { maxTotalUnreadBytes: 'an eighth of the heap' };

/** New options for each command. */
export function limitOptions(): Option[] {
  const defaults = listenSettings({});
  return LIMIT_NAMES.map((name) => {
    const [description, least, most] = LIMITS[name];
    const flag = name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    const { [name]: value = Infinity } = defaults;
    const usual = WORDS[name] ?? (Number.isFinite(value) ? value : 'no limit');
    return numberOption(`--${flag} <number>`, `${description} (default: ${usual})`, least, most);
  });
}
