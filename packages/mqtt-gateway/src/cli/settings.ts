/**
 * The options of `iot-mqtt`. An option goes before the environment, that before the file of `--config`, that before the
 * default.
 */
import type { UsageError } from '@iot/server';
import { Command, InvalidArgumentError, Option } from 'commander';
import { parseBrokerUrl } from '../broker-url.js';
import { DEFAULT_BROKER_URL, DEFAULT_CLIENT_ID } from '../broker.js';
import { readConfig, type Config } from '../config/file.js';

export interface Settings {
  readonly host?: string;
  readonly port: number;
  readonly timeout: number;
  readonly store?: string;
  readonly broker: string;
  readonly clientId: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly retain?: boolean;
  readonly fields?: boolean;
  readonly deadLetters: string;
  readonly topics?: Config['topics'];
  readonly homeAssistant?: Config['homeAssistant'];
}

/**
 * @throws CommanderError after its message, or the help, has been printed
 * @throws UsageError `ERR_BAD_OPTION` for a configuration that cannot be used
 */
export function readSettings(args: readonly string[]): Settings {
  const it = command().parse(args, { from: 'user' });
  const { config: path, ...options } = it.opts<Settings & { config?: string }>();
  if (path === undefined) return options;
  const config = Object.entries(readConfig(path));
  const used = config.filter(([name]) => ['default', undefined].includes(it.getOptionValueSource(name)));
  return { ...options, ...Object.fromEntries(used) };
}

/** A command whose errors are thrown, as `CommanderError`, after their message has been printed. */
function command(): Command {
  const it = new Command('iot-mqtt');
  return it
    .description('Hands lines from boards to an MQTT broker, and back.')
    .configureHelp({ helpWidth: 100 })
    .showSuggestionAfterError(false)
    .configureOutput({ outputError: (text, write) => write(withoutValues(text)) })
    .exitOverride()
    .option('--config <file>', 'YAML or JSON with these options by name, topics and homeAssistant')
    .option('--host <address>', 'address to listen on for boards (default: all)')
    .addOption(number('--port <number>', 'port to listen on for boards', 0, 65535).env('PORT').default(8123))
    .addOption(
      number('--timeout <ms>', 'silence that counts as an outage; the same on all ends', 100, 2 ** 30)
        .env('TIMEOUT')
        .default(1500),
    )
    .addOption(
      new Option('--store <folder>', 'keep lines here while the broker is away, and sessions').env('STORE'),
    )
    .addOption(
      new Option('--broker <url>', 'mqtt, mqtts, ws or wss; MQTT_URL may contain a user and a password')
        .env('MQTT_URL')
        .default(DEFAULT_BROKER_URL)
        .argParser((text) => checkedUrl(it, text)),
    )
    .addOption(
      new Option('--client-id <id>', 'of this gateway at the broker, which keeps messages for it')
        .env('MQTT_CLIENT_ID')
        .default(DEFAULT_CLIENT_ID),
    )
    .option('--ca <file>', 'who may sign the certificate of the broker, PEM')
    .option('--cert <file>', 'certificate of this gateway, PEM')
    .option('--key <file>', 'private key of --cert, PEM')
    .option('--retain', 'the broker keeps the last line of each board')
    .option('--fields', 'publish each field of a JSON line to a topic of its own, retained')
    .option('--dead-letters <file>', 'for messages that go no further', 'dead-letters.jsonl');
}

function checkedUrl(it: Command, text: string): string {
  try {
    parseBrokerUrl(text);
    return text;
  } catch (error) {
    return it.error(`error: --broker or MQTT_URL: ${(error as UsageError).message}`);
  }
}

/** What is written wrongly is named without its value, which may hold a password. */
function withoutValues(text: string): string {
  return text.replace(/^(error: unknown option '(?:--[^=']*|-.)).*'/s, "$1'");
}

function number(flags: string, description: string, least: number, most: number): Option {
  return new Option(flags, description).argParser((text: string) => {
    const value = /^\d+$/.test(text) ? Number(text) : NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  });
}
