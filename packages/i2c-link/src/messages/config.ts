/**
 * The configuration: the first line that a board sends to its responder after each synchronisation. It is a JSON list
 * with the id of the board, the address of its server and the credentials of the WiFi network.
 */
import { checkId, DEFAULT_MAX_ID_BYTES, PeerError, UsageError } from '@iot/framing';

export interface LinkConfig {
  /** The board's id, unique among the server's clients. */
  readonly id: string;
  readonly port: number;
  /** Name or address of the server. */
  readonly host: string;
  /** The server's `timeout`, ms. */
  readonly timeout: number;
  /** Seconds from one report of the responder to the next; 0 for no reports. */
  readonly reportSeconds: number;
  /** Name of the WiFi network; empty for a network whose credentials the responder has. */
  readonly ssid: string;
  readonly password: string;
}

/** The last item of the list. A responder recognises the configuration by it. */
const MARK = 'cfg';

/** Returns the line to send, without its newline. */
export function encodeConfig(config: LinkConfig): string {
  const { id, port, host, timeout, reportSeconds, ssid, password } = config;
  return JSON.stringify([id, port, host, timeout, reportSeconds, ssid, password, MARK]);
}

/**
 * Reads the configuration from a received line. Returns a `PeerError` `ERR_BAD_FRAME` when the line is not a configuration
 * or has values that cannot be used. Does not throw, whatever the line is. The message of the error never shows the line,
 * because the line may contain a password.
 */
export function parseConfig(line: string): LinkConfig | PeerError {
  const list = markedList(line);
  if (list === undefined) {
    const what = `a line before its configuration, which is a list that ends in "${MARK}"`;
    return new PeerError('ERR_BAD_FRAME', `the board sent ${what}: the line was dropped`);
  }
  try {
    if (list.length !== 8) throw new Error('it is not a list of eight items');
    const [id, port, host, timeout, reportSeconds, ssid, password] = list;
    return checkConfig({ id, port, host, timeout, reportSeconds, ssid, password });
  } catch (error) {
    const why = (error as Error).message;
    return new PeerError('ERR_BAD_FRAME', `the board sent a configuration that cannot be used: ${why}`);
  }
}

function markedList(line: string): readonly unknown[] | undefined {
  try {
    const list = JSON.parse(line) as unknown;
    return Array.isArray(list) && list.at(-1) === MARK ? list : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Checks the values. Returns the configuration with the id's final newline, if there is one, removed.
 *
 * @throws UsageError `ERR_BAD_ID`, `ERR_BAD_OPTION`.
 */
export function checkConfig(config: { readonly [K in keyof LinkConfig]: unknown }): LinkConfig {
  const { port, host, timeout, reportSeconds, ssid, password } = config;
  requireWhole('port', port, 1, 65535);
  requireWhole('timeout', timeout, 100, 2 ** 30);
  requireWhole('reportSeconds', reportSeconds, 0, LONGEST_SECONDS);
  if (host === '') throw new UsageError('ERR_BAD_OPTION', 'host must be the name or address of the server');
  return {
    id: checkId(config.id, DEFAULT_MAX_ID_BYTES),
    port: port as number,
    host: requireText('host', host),
    timeout: timeout as number,
    reportSeconds: reportSeconds as number,
    ssid: requireText('ssid', ssid),
    password: requireText('password', password),
  };
}

/** The longest time of a timer, in seconds. */
const LONGEST_SECONDS = Math.floor((2 ** 31 - 1) / 1000);

/** The message never contains the value: if the items are in the wrong order, the value may be the password. */
function requireWhole(name: string, value: unknown, min: number, max: number): void {
  if (Number.isInteger(value) && (value as number) >= min && (value as number) <= max) return;
  throw new UsageError('ERR_BAD_OPTION', `${name} must be a whole number from ${min} to ${max}`);
}

function requireText(name: string, value: unknown): string {
  if (typeof value === 'string' && value.isWellFormed()) return value;
  throw new UsageError('ERR_BAD_OPTION', `${name} must be a string without half a surrogate pair`);
}
