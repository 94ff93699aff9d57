/**
 * The options of `iot-mqtt`. An option on the command line overrides the environment variable, which overrides the file of
 * `--config`, which overrides the default.
 */
import { addServerOptions, command, overConfig, requireTlsFiles, TLS_PLACES } from '@iot/app-kit';
import type { UsageError } from '@iot/server';
import { Option, type Command } from 'commander';
import { parseBrokerUrl } from '../broker-url.js';
import { readConfig, type Config } from '../config/file.js';
import { GATEWAY_DEFAULTS } from '../config/gateway.js';

/** The options of this command that are also keys of the file, with the names of the keys. */
const OWN = [
  ...['host', 'port', 'timeout', 'store', 'broker', 'clientId', 'ca', 'cert', 'key'],
  ...['retain', 'fields', 'deadLetters'],
];

/**
 * Returns the settings that were given, without defaults.
 *
 * @throws CommanderError after the message of the error, or the help, has been printed
 * @throws UsageError `ERR_BAD_OPTION` for a configuration that cannot be used
 */
export function readSettings(args: readonly string[]): Config {
  const it = gatewayCommand().parse(args, { from: 'user' });
  const { config: path } = it.opts<{ config?: string }>();
  const settings = overConfig(it, path === undefined ? {} : readConfig(path), OWN, TLS_PLACES);
  requireTlsFiles(settings);
  return settings;
}

function gatewayCommand(): Command {
  const it = command('iot-mqtt', 'Hands lines from boards to an MQTT broker, and back.').option(
    '--config <file>',
    'YAML or JSON with these settings, topics and homeAssistant',
  );
  return addServerOptions(it.optionsGroup('Boards:'))
    .addOption(
      new Option('--store <folder>', 'keep lines here while the broker is away, and sessions').env('STORE'),
    )
    .optionsGroup('The broker:')
    .addOption(
      new Option('--broker <url>', 'mqtt, mqtts, ws or wss; MQTT_URL may contain a user and a password')
        .env('MQTT_URL')
        .default(GATEWAY_DEFAULTS.broker)
        .argParser((text) => checkedUrl(it, text)),
    )
    .addOption(
      new Option('--client-id <id>', 'of this gateway at the broker, which keeps messages for it')
        .env('MQTT_CLIENT_ID')
        .default(GATEWAY_DEFAULTS.clientId),
    )
    .option('--ca <file>', 'who may sign the certificate of the broker, PEM')
    .option('--cert <file>', 'certificate of this gateway for the broker, PEM')
    .option('--key <file>', 'private key of --cert, PEM')
    .optionsGroup('Messages:')
    .option('--retain', 'the broker keeps the last line of each board')
    .option('--fields', 'publish each field of a JSON line to a topic of its own, retained')
    .option('--dead-letters <file>', 'for messages that go no further', GATEWAY_DEFAULTS.deadLetters);
}

function checkedUrl(it: Command, text: string): string {
  try {
    parseBrokerUrl(text);
    return text;
  } catch (error) {
    return it.error(`error: --broker or MQTT_URL: ${(error as UsageError).message}`);
  }
}
