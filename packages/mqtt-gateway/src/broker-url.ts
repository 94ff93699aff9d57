/**
 * Where the broker is and who we are there, read from a URL. The MQTT client would read the URL itself, but it takes a
 * password apart at a colon, fails over a lone `%`, and names parts of the URL in its errors.
 */
import { UsageError } from '@iot/server';

export const DEFAULT_BROKER_URL = 'mqtt://127.0.0.1:1883';
/** Who we are there. */
export const DEFAULT_CLIENT_ID = 'iot-gateway';

/** The options of the MQTT client of these names. Its own types are not in ours: they need those of a browser. */
export interface BrokerAddress {
  readonly protocol: 'mqtt' | 'mqtts' | 'ws' | 'wss';
  readonly host: string;
  readonly port?: number;
  readonly path?: string;
  readonly username?: string;
  readonly password?: Buffer;
}

/** In the words of an error. The URL is never in one: it holds a password. */
const FORM =
  'mqtt://host, mqtts://host, ws://host or wss://host, with user:password@ before the host and :port after it ' +
  'if needed; in a user and a password write / as %2F, ? as %3F, # as %23';

/** @throws UsageError `ERR_BAD_OPTION` when the text is no URL of a broker. */
export function parseBrokerUrl(text: string): BrokerAddress {
  const address = read(text);
  if (address === undefined) throw new UsageError('ERR_BAD_OPTION', `the URL of the broker must be ${FORM}`);
  return address;
}

function read(text: string): BrokerAddress | undefined {
  const scheme = /^(mqtts?|wss?):\/\//i.exec(text);
  // URL would drop control characters, which may be those of a password.
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if (scheme === null || /[\u0000-\u001f]/.test(text) || !URL.canParse(text)) return undefined;
  const { hostname, port, pathname, search, hash, username, password } = new URL(text);
  // An @ that comes later belongs to credentials that a / or # has cut in two: the host would be a part of them.
  if (hostname === '' || `${pathname}${search}${hash}`.includes('@')) return undefined;
  const protocol = scheme[1]!.toLowerCase() as BrokerAddress['protocol'];
  const web = protocol.startsWith('ws');
  return {
    protocol,
    host: web ? hostname : hostname.replace(/^\[|\]$/g, ''), // a WebSocket's goes into a URL again
    ...(port !== '' && { port: Number(port) }),
    ...(web && { path: `${pathname}${search}` }),
    ...((username !== '' || password !== '') && { username: percentDecoded(username).toString() }),
    ...(password !== '' && { password: percentDecoded(password) }),
  };
}

/** A `%` that begins no byte stays as it is. What URL gives is ASCII; what is encoded need not be UTF-8. */
function percentDecoded(text: string): Buffer {
  const bytes = text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1');
}
