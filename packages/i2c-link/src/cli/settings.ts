/**
 * The settings of `iot-i2c-bridge`. An option on the command line overrides the environment variable, which overrides the
 * default.
 */
import { parseArgs } from 'node:util';
import { UsageError } from '@iot/framing';
import type { Level } from '../channel/ports.js';
import { parseGpioLine, type GpioLine } from '../linux/index.js';

export interface Settings {
  readonly bus: number;
  readonly syn: GpioLine;
  readonly ack: GpioLine;
  readonly reset: { readonly line: GpioLine; readonly activeLevel: Level } | undefined;
  readonly wifi: boolean;
  readonly watchdog: boolean;
  readonly tls: TlsFiles | TlsKey | undefined;
}

/** Paths of PEM files. */
export interface TlsFiles {
  readonly ca: string;
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

export interface TlsKey {
  readonly psk: { readonly identity: string | undefined; readonly key: Buffer };
}

const OPTIONS = {
  bus: { type: 'string', value: '<number>', help: 'I2C bus: 1 for /dev/i2c-1' },
  syn: { type: 'string', value: '<chip:line>', help: 'GPIO line of the wire that the board drives' },
  ack: { type: 'string', value: '<chip:line>', help: 'GPIO line of the wire that this end drives' },
  reset: { type: 'string', value: '<chip:line>', help: 'GPIO line on which the board resets this end' },
  'reset-level': { type: 'string', value: '<0|1>', help: 'level that resets (default 0)' },
  wifi: {
    type: 'boolean',
    value: '',
    help: 'connect WiFi by NetworkManager, as the board says (default: the system does)',
  },
  'tls-ca': { type: 'string', value: '<file>', help: "TLS: who signs the server's certificate" },
  'tls-cert': {
    type: 'string',
    value: '<file>',
    help: 'certificate of the board, for a server that asks for one',
  },
  'tls-key': { type: 'string', value: '<file>', help: 'private key of that certificate' },
  'psk-identity': {
    type: 'string',
    value: '<name>',
    help: 'whose pre-shared key it is (default: the id of the board)',
  },
  watchdog: { type: 'boolean', value: '', help: 'end with exit code 87 when stuck, to be started again' },
  help: { type: 'boolean', value: '', help: 'print this' },
} as const;

/**
 * The environment variable with the board's pre-shared key in hexadecimal digits. There is no option for the key, because
 * every user of the machine can see the arguments of a process.
 */
const KEY = 'IOT_I2C_PSK';

type Name = keyof typeof OPTIONS;
type Environment = Readonly<Record<string, string | undefined>>;

/** @throws UsageError `ERR_BAD_OPTION` with a message of one line. */
export function readSettings(args: readonly string[], env: Environment): Settings | 'help' {
  const given = parse(args);
  if (given.help === true) return 'help';
  const text = (name: Name): string | undefined => {
    const value = given[name] ?? env[variable(name)];
    return value === '' ? undefined : value?.toString();
  };
  return {
    bus: bus(text('bus')),
    syn: line('syn', text('syn')) ?? missing('syn'),
    ack: line('ack', text('ack')) ?? missing('ack'),
    reset: reset(line('reset', text('reset')), text('reset-level')),
    wifi: flag('wifi', text('wifi')),
    watchdog: flag('watchdog', text('watchdog')),
    tls: tls(text, env[KEY]),
  };
}

/** The text that `--help` prints. */
export function help(): string {
  const rows = Object.entries(OPTIONS).map(([name, { value, help }]) => {
    const from = name === 'help' ? '' : ` [${variable(name as Name)}]`;
    return `  ${`--${name} ${value}`.padEnd(24)}${help}${from}`;
  });
  return [
    'Usage: iot-i2c-bridge --bus <number> --syn <chip:line> --ack <chip:line> [options]',
    '',
    'Joins a board on an I2C bus to its server, in the place of the ESP8266. gpioinfo shows chips and lines.',
    '',
    ...rows,
    '',
    `TLS with a pre-shared key: it is in [${KEY}], in hexadecimal digits; every user of the machine would see an option.`,
    'In brackets: the variable of the environment that sets the option; flags are 1 or 0 there.',
    '',
  ].join('\n');
}

type Given = Partial<Record<Name, string | boolean>>;

function parse(args: readonly string[]): Given {
  try {
    return parseArgs({ args: [...args], options: OPTIONS }).values;
  } catch (error) {
    // Use only the first sentence: the rest explains how to pass positional arguments, which this command does not have.
    const [what = ''] = (error as Error).message.split(/\. |\n/, 1);
    // Do not print an argument that has no option before it: it may be a key.
    throw wrong(what.replace(/^(Unexpected argument) '.*/s, '$1: every value has an option before it'));
  }
}

function variable(name: Name): string {
  return `IOT_I2C_${name.toUpperCase().replace('-', '_')}`;
}

function bus(text: string | undefined): number {
  if (text === undefined) return missing('bus');
  if (!/^\d{1,4}$/.test(text)) throw wrong(`--bus must be a number, such as 1 for /dev/i2c-1, not "${text}"`);
  return Number(text);
}

function line(name: Name, text: string | undefined): GpioLine | undefined {
  if (text === undefined) return undefined;
  const parsed = parseGpioLine(text);
  if (parsed === undefined)
    throw wrong(`--${name} must be a chip and a line, such as gpiochip0:17, not "${text}"`);
  return parsed;
}

function reset(line: GpioLine | undefined, level = '0'): Settings['reset'] {
  if (level !== '0' && level !== '1') throw wrong(`--reset-level must be 0 or 1, not "${level}"`);
  return line && { line, activeLevel: level === '0' ? 0 : 1 };
}

function flag(name: Name, text = '0'): boolean {
  if (!['0', '1', 'true', 'false'].includes(text))
    throw wrong(`${variable(name)} must be 1 or 0, not "${text}"`);
  return text === '1' || text === 'true';
}

function tls(text: (name: Name) => string | undefined, digits: string | undefined): Settings['tls'] {
  const [ca, cert, key, identity] = [text('tls-ca'), text('tls-cert'), text('tls-key'), text('psk-identity')];
  if (digits) {
    if (ca !== undefined) throw wrong(`${KEY} and --tls-ca cannot be used together`);
    if (!/^([\da-f]{2}){16,}$/i.test(digits))
      throw wrong(`${KEY} must be a key of 16 bytes or more, in hexadecimal digits`);
    return { psk: { identity, key: Buffer.from(digits, 'hex') } };
  }
  if (identity !== undefined) throw wrong(`--psk-identity needs ${KEY}`);
  if ((cert === undefined) !== (key === undefined)) throw wrong('--tls-cert and --tls-key belong together');
  if (ca !== undefined) return { ca, cert, key };
  if (cert !== undefined) throw wrong('--tls-cert needs --tls-ca');
  return undefined;
}

function missing(name: Name): never {
  throw wrong(`--${name} or ${variable(name)} is needed`);
}

function wrong(what: string): UsageError {
  return new UsageError('ERR_BAD_OPTION', `${what} (see --help)`);
}
