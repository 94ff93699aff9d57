/** The numbers that `listen` takes: each is an option and a key of the configuration, with the same name. */
import { numberOption } from '@iot/app-kit';
import { whole, type Shape } from '@iot/mqtt-gateway/internal';
import { listenSettings } from '@iot/server/internal';
import type { Option } from 'commander';

const MOST = Number.MAX_SAFE_INTEGER;
/** Longest time that Node's timers can wait, and longest timeout, of which an end waits for two. */
const [LONGEST_MS, LONGEST_TIMEOUT_MS] = [2 ** 31 - 1, 2 ** 30];

const LIMITS = {
  timeout: ['silence that counts as an outage, ms; the same on all ends', 100, LONGEST_TIMEOUT_MS],
  maxConnections: ['sockets at a time on each port', 1, MOST],
  maxConnectionsPerAddress: ['sockets of one address at a time', 1, MOST],
  maxFailuresPerAddress: ['attempts of one address that may fail in a minute', 1, MOST],
  maxSessions: ['clients remembered at a time, up or down', 1, MOST],
  forgetAfterMs: [
    'a client that is not expected is forgotten after it was down for so long, ms',
    1,
    LONGEST_MS,
  ],
  maxLinesPerSecond: ['lines a second that are taken of one client', 1, MOST],
  maxBytesPerSecond: ['bytes a second that are taken of one client', 1, MOST],
  maxUnreadLines: ['lines of a client that wait here to be read before it is slowed', 1, MOST],
  maxUnreadBytes: ['the same in bytes', 1, MOST],
  maxTotalUnreadBytes: ['bytes of unread lines of all clients before those with most are slowed', 1, MOST],
  maxUnsentLines: ['lines for a client that wait here to be sent; further writes wait', 1, MOST],
  maxInFlight: ['lines sent to a client and not yet acked', 1, 100],
  maxInFlightBytes: ['bytes sent to a client and not yet acked', 1, MOST],
  maxLineBytes: ['longest line, in bytes', 1, MOST],
  maxIdBytes: ['longest client id, in bytes', 1, MOST],
  settleMs: ['time from the first frame of a client to the first line sent to it, ms', 0, LONGEST_TIMEOUT_MS],
  closeTimeoutMs: ['how long the end waits for lines that are not acked, ms', 0, LONGEST_MS],
  protocol: ['highest version of the wire that is spoken', 1, 2],
} as const;

export type Limit = keyof typeof LIMITS;

export const LIMIT_NAMES = Object.keys(LIMITS) as Limit[];

export const LIMIT_SHAPES = Object.fromEntries(
  LIMIT_NAMES.map((name) => [name, whole(LIMITS[name][1], LIMITS[name][2])]),
) as Record<Limit, Shape<number>>;

/** A default that depends on the machine, in words. */
const WORDS: Partial<Record<Limit, string>> = { maxTotalUnreadBytes: 'an eighth of the heap' };

/** Made for each command. */
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
