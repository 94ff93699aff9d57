/**
 * The options of `iot serve`, and the settings that result from options and the file of `--config`. An option
 * overrides the file.
 */
import {
  addServerTls,
  numberOption,
  overConfig,
  requireTlsFiles,
  TLS_PLACES,
  tlsPortOption,
} from '@iot/app-kit';
import { DEFAULT_BROKER_URL, parseBrokerUrl, readConfigFile } from '@iot/mqtt-gateway/internal';
import { Option, type Command } from 'commander';
import { ADMIT, CONFIG, ON_DUPLICATE, type Config } from './config.js';
import { LIMIT_NAMES, limitOptions } from './limits.js';
import { LOG_LEVELS } from './log.js';

export function addServeOptions(command: Command): Command {
  command
    .option('--config <file>', 'YAML or JSON file with these settings and more')
    .option('--print-config', 'print the effective settings, without secrets, and exit')
    .option('--json', 'print lines as JSON')
    .addOption(
      new Option('--log-level <level>', 'lowest level that is logged (default: info)').choices(LOG_LEVELS),
    )
    .option('--store <folder>', 'store sessions and lines here, so that they survive this process')
    .addOption(
      new Option('--mqtt <url>', `pass the lines to this MQTT broker, such as ${DEFAULT_BROKER_URL}`).env(
        'IOT_MQTT_URL',
      ),
    )
    .optionsGroup('Where it listens:')
    .option('--host <address>', 'address to listen on (default: all)')
    .addOption(numberOption('--port <number>', 'port to listen on (default: 8123)', 0, 65535));
  addServerTls(command, tlsPortOption());
  command
    .optionsGroup('Who may connect:')
    .option('--expected <id...>', 'ids of clients that are expected')
    .addOption(new Option('--admit <who>', 'which clients may connect (default: any)').choices(ADMIT))
    .addOption(
      new Option(
        '--on-duplicate <what>',
        'what to do when a second client connects with the same id (default: probe)',
      ).choices(ON_DUPLICATE),
    )
    .option(
      '--proxy-protocol <address...>',
      'addresses of load balancers that send the PROXY protocol, version 2',
    )
    .optionsGroup('Admin interface:')
    .addOption(numberOption('--admin-port <number>', 'port of the admin interface (default: 9123)', 0, 65535))
    .option('--admin-host <address>', 'address of the admin interface (default: 127.0.0.1)')
    .option('--no-admin', 'no admin interface')
    .option('--token-file <file>', 'requests to the admin interface must contain the token in this file')
    .option('--show-lines', 'the admin interface shows the text of lines, also to iot tail')
    .optionsGroup('Limits:');
  command.addOption(
    numberOption(
      '--tls-max-handshakes <number>',
      'simultaneous TLS handshakes (default: 1000)',
      1,
      Number.MAX_SAFE_INTEGER,
    ),
  );
  for (const option of limitOptions()) command.addOption(option);
  return command;
}

/** The key in the configuration, for options whose key has another name. */
const PLACES: Readonly<Record<string, string>> = {
  ...TLS_PLACES,
  tlsMaxHandshakes: 'tls.maxHandshakes',
  adminPort: 'admin.port',
  adminHost: 'admin.host',
  tokenFile: 'admin.tokenFile',
  showLines: 'admin.showLines',
  mqtt: 'mqtt.broker',
};

const OWN = [
  'json',
  'logLevel',
  'store',
  'host',
  'port',
  'expected',
  'admit',
  'onDuplicate',
  'proxyProtocol',
  'admin',
  ...LIMIT_NAMES,
];
/**
 * The settings of a parsed command. Each call reads the file again.
 *
 * @throws UsageError `ERR_BAD_OPTION` for an invalid file; the message has the line and the key
 */
export function settingsOf(command: Command): Config {
  const path = command.getOptionValue('config') as string | undefined;
  const file = path === undefined ? {} : readConfigFile(CONFIG, path);
  const config = overConfig(command, file, OWN, PLACES);
  if (config.mqtt?.broker !== undefined) parseBrokerUrl(config.mqtt.broker);
  requireTlsFiles(config);
  return config;
}
