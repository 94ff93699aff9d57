/** The settings of the three programs: options, environment and defaults. */
import { optionsOf, serverCommand, type Options, type ServerSettings } from '@iot/app-kit';
import { InvalidArgumentError, Option, type Command } from 'commander';

interface StoreSettings extends ServerSettings {
  /** The folder of the store. Undefined: no store. */
  readonly store?: string;
}

export interface GatewaySettings extends StoreSettings {
  /** The URL of the broker. */
  readonly broker: string;
  readonly clientId: string;
}

export interface DailyLogSettings extends StoreSettings {
  readonly folder: string;
}

export interface RelaySettings extends StoreSettings {
  /** The targets of each source. */
  readonly routes: ReadonlyMap<string, readonly string[]>;
}

export const GATEWAY = optionsOf<GatewaySettings>(() => {
  const gateway = storingCommand('mqtt-gateway', 'Passes lines from boards to an MQTT broker, and back.');
  return gateway
    .addOption(
      new Option('--broker <url>', 'mqtt, mqtts, ws or wss; may contain a user and a password')
        .env('MQTT_URL')
        .default('mqtt://127.0.0.1:1883'),
    )
    .addOption(
      new Option('--client-id <id>', 'client id at the broker, which keeps messages for this id')
        .env('MQTT_CLIENT_ID')
        .default('iot-gateway'),
    );
});

export const DAILY_LOG = optionsOf<DailyLogSettings>(() =>
  storingCommand('daily-log', 'Logs lines from boards to files, one file per day.').addOption(
    new Option('--folder <path>', 'folder of the files; created if it does not exist')
      .env('FOLDER')
      .default('log'),
  ),
);

export const RELAY: Options<RelaySettings> = {
  command: relayCommand,
  parse(args) {
    const relay = relayCommand().parse(args, { from: 'user' });
    return { ...relay.opts<StoreSettings>(), routes: relay.processedArgs[0] as RelaySettings['routes'] };
  },
};

/** A command with the options of every server, and `--store`. */
function storingCommand(name: string, description: string): Command {
  return serverCommand(name, description).addOption(
    new Option('--store <folder>', 'store the sessions here, so that they survive this process').env('STORE'),
  );
}

function relayCommand() {
  return storingCommand('relay', 'Passes lines from board to board.').argument(
    '<from=to...>',
    'two ids: lines of the first go to the second',
    addRoute,
  );
}

function addRoute(text: string, before: Map<string, string[]> | undefined): Map<string, string[]> {
  const [from, to, ...more] = text.split('=');
  if (!from || !to || more.length > 0) {
    throw new InvalidArgumentError('It must be two ids with one = between them.');
  }
  const routes = before ?? new Map<string, string[]>();
  const targets = routes.get(from) ?? [];
  if (targets.includes(to)) throw new InvalidArgumentError('It was already given.');
  return routes.set(from, [...targets, to]);
}
