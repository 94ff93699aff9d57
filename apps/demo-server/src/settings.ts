/** The settings of the demo's programs: options, environment and defaults. */
import {
  anyPortOption,
  clientCommand,
  command,
  envFileOption,
  idOption,
  LONGEST_MS,
  numberOption,
  optionsOf,
  portOption,
  serverCommand,
  timeoutOption,
  type ClientSettings,
  type ServerSettings,
} from '@iot/app-kit';
import { Option } from 'commander';

/** The ids of the clients, as on the boards. */
export const IDS: readonly string[] = ['1', '2', '3', '4'];

interface EndSettings {
  readonly interval: number;
  readonly quiet?: boolean;
}

export interface DemoSettings {
  /** Run the demo of a board with a bridge that crashes. */
  readonly i2c?: boolean;
  readonly tls?: boolean;
  readonly seconds: number;
  readonly port: number;
  readonly timeout: number;
  readonly interval: number;
  readonly verbose?: boolean;
}

export const START = optionsOf<ServerSettings & EndSettings & { readonly anyPort?: boolean }>(() =>
  serverCommand('start', `The server of the demo, for clients with the ids ${IDS.join(', ')}.`)
    .addOption(anyPortOption())
    .addOption(interval().env('INTERVAL').default(5000))
    .option('--quiet', 'print problems only'),
);

export const CLIENT = optionsOf<ClientSettings & EndSettings & { readonly id: string }>(() =>
  clientCommand('client', 'One client of the demo.')
    .addOption(
      idOption('id of this client', (id) =>
        IDS.includes(id) ? undefined : `It must be one of ${IDS.join(', ')}.`,
      ).default('1'),
    )
    .addOption(interval().env('INTERVAL').default(5000))
    .option('--quiet', 'print problems only'),
);

export const DEMO = optionsOf<DemoSettings>(() =>
  command('demo', 'A server and four clients; every link is cut once; no line may be lost or arrive twice.')
    .addOption(
      new Option('--i2c', 'instead a board behind a bridge, which crashes twice').conflicts('seconds'),
    )
    .addOption(
      numberOption(
        '--seconds <s>',
        'how long the clients and the server send; not with --i2c',
        1,
        LONGEST_MS / 1000,
      ).default(20),
    )
    .option('--tls', 'use TLS with temporary keys')
    .addOption(portOption('port of the server, if it is free', 0))
    .addOption(timeoutOption())
    .addOption(interval().default(250))
    .option('--verbose', 'print every line that is sent or received')
    .addOption(envFileOption()),
);

function interval(): Option {
  return numberOption('--interval <ms>', 'pause between two lines sent', 1, LONGEST_MS);
}
