/**
 * What can be set, and where: an option goes before the environment, the environment before the file named by
 * `--env-file`, that before the default. The names in the environment are those of the boards' `local.py`.
 */
import { command, envFileOption, portOption, timeoutOption } from '@iot/app-kit';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { BROKER_URL_FORM, parseBrokerUrl, type BrokerAddress } from './broker-url.js';

/** Of every example: the server that the boards connect to. */
export interface ServerSettings {
  readonly host?: string;
  readonly port: number;
  readonly timeout: number;
}

export interface GatewaySettings extends ServerSettings {
  readonly broker: BrokerAddress;
  readonly clientId: string;
}

export interface DailyLogSettings extends ServerSettings {
  readonly folder: string;
}

export interface RelaySettings extends ServerSettings {
  /** The targets of each source. */
  readonly routes: ReadonlyMap<string, readonly string[]>;
}

/** @throws CommanderError after the message, or the help, has been printed; the others too. */
export function gatewaySettings(args: readonly string[]): GatewaySettings {
  const gateway: Command = server('mqtt-gateway', 'Hands lines from boards to an MQTT broker, and back.')
    .addOption(
      new Option('--broker <url>', 'mqtt, mqtts, ws or wss; a user and a password may stand in it')
        .env('MQTT_URL')
        .default(parseBrokerUrl('mqtt://127.0.0.1:1883'), 'mqtt://127.0.0.1:1883')
        .argParser(
          (text) =>
            parseBrokerUrl(text) ?? gateway.error(`error: --broker or MQTT_URL must be ${BROKER_URL_FORM}.`),
        ),
    )
    .addOption(
      new Option('--client-id <id>', 'of this gateway at the broker, which keeps messages for it')
        .env('MQTT_CLIENT_ID')
        .default('iot-gateway'),
    );
  return gateway.parse(args, { from: 'user' }).opts<GatewaySettings>();
}

export function dailyLogSettings(args: readonly string[]): DailyLogSettings {
  const dailyLog = server('daily-log', 'Logs lines from boards to files, one a day.').addOption(
    new Option('--folder <path>', 'where the files are; made if it is not there')
      .env('FOLDER')
      .default('log'),
  );
  return dailyLog.parse(args, { from: 'user' }).opts<DailyLogSettings>();
}

export function relaySettings(args: readonly string[]): RelaySettings {
  const relay = server('relay', 'Passes lines from board to board.');
  let routes: RelaySettings['routes'] = new Map();
  relay.argument('<from=to...>', 'ids: what the first sends goes to the second', addRoute);
  relay.action((parsed: RelaySettings['routes']) => {
    routes = parsed;
  });
  return { ...relay.parse(args, { from: 'user' }).opts<ServerSettings>(), routes };
}

function server(name: string, description: string): Command {
  return command(name, description)
    .addOption(new Option('--host <address>', 'address to listen on (default: all)'))
    .addOption(portOption('port to listen on', 0))
    .addOption(timeoutOption())
    .addOption(envFileOption());
}

function addRoute(text: string, before: Map<string, string[]> | undefined): Map<string, string[]> {
  const [from, to, ...more] = text.split('=');
  if (!from || !to || more.length > 0) {
    throw new InvalidArgumentError('It must be two ids with one = between them.');
  }
  const routes = before ?? new Map<string, string[]>();
  const targets = routes.get(from) ?? [];
  if (targets.includes(to)) throw new InvalidArgumentError('It is there already.');
  return routes.set(from, [...targets, to]);
}
