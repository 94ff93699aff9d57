/**
 * Parses the URL of the broker, with its user and password. MQTT.js could parse the URL itself, but it splits a password at
 * a colon, fails on a lone `%`, and shows parts of the URL in its errors.
 */
import { UsageError } from '@iot/server';

export const DEFAULT_BROKER_URL = 'mqtt://127.0.0.1:1883';
/** The client id of the gateway at the broker. */
export const DEFAULT_CLIENT_ID = 'iot-gateway';

/** The options of MQTT.js with these names. The types of MQTT.js are not used here, because they need those of a browser. */
export interface BrokerAddress {
  readonly protocol: 'mqtt' | 'mqtts' | 'ws' | 'wss';
  readonly host: string;
  readonly port?: number;
  readonly path?: string;
  readonly username?: string;
  readonly password?: Buffer;
}

/** The form of the URL, for errors. An error never shows the URL itself, because it contains a password. */
const FORM =
  'mqtt://host, mqtts://host, ws://host or wss://host, with user:password@ before the host and :port after it ' +
  'if needed; in a user and a password write / as %2F, ? as %3F, # as %23';

/** @throws UsageError `ERR_BAD_OPTION` when the text is not the URL of a broker. */
export function parseBrokerUrl(text: string): BrokerAddress {
  const address = read(text);
  if (address === undefined) throw new UsageError('ERR_BAD_OPTION', `the URL of the broker must be ${FORM}`);
  return address;
}

function read(text: string): BrokerAddress | undefined {
  const scheme = /^(mqtts?|wss?):\/\//i.exec(text);
  // Refuse control characters: `URL` would drop them, and they may be part of a password.
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if (scheme === null || /[\u0000-\u001f]/.test(text) || !URL.canParse(text)) return undefined;
  const { hostname, port, pathname, search, hash, username, password } = new URL(text);
  // An @ after the host means that a / or # in the password was taken for the end of the host. Refuse this URL.
  if (hostname === '' || `${pathname}${search}${hash}`.includes('@')) return undefined;
  const protocol = scheme[1]!.toLowerCase() as BrokerAddress['protocol'];
  const web = protocol.startsWith('ws');
  return {
    protocol,
    // For a WebSocket, MQTT.js makes a URL from the host: an IPv6 address needs its brackets there.
    host: web ? hostname : hostname.replace(/^\[|\]$/g, ''),
    ...(port !== '' && { port: Number(port) }),
    ...(web && { path: `${pathname}${search}` }),
    ...((username !== '' || password !== '') && { username: percentDecoded(username).toString() }),
    ...(password !== '' && { password: percentDecoded(password) }),
  };
}

/**
 * Decodes percent-encoding. A `%` without two hexadecimal digits after it stays unchanged. The input is ASCII, because it
 * comes from `URL`. The encoded bytes need not be UTF-8.
 */
function percentDecoded(text: string): Buffer {
  const bytes = text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1');
}
