/** The settings of the programs: options, environment and defaults. */
import {
  clientCommand,
  command,
  idOption,
  LONGEST_MS,
  numberOption,
  optionsOf,
  serverCommand,
  type ClientSettings,
  type Options,
  type ServerSettings,
} from '@iot/app-kit';
import { Option, type Command } from 'commander';
import type { Mode } from './traffic.js';

/** Settings of both ends. */
interface EndSettings {
  readonly id: string;
  readonly mode: Mode;
  readonly interval: number;
  /** Seconds between two reports. */
  readonly report: number;
  readonly quiet?: boolean;
}

/** How the ends of a campaign over TLS authenticate. */
export type TlsKind = 'keys' | 'certificates';

export interface CampaignSettings {
  readonly messages: number;
  /** Duration of each mode, instead of a number of messages and outages. */
  readonly seconds?: number;
  readonly outages: number;
  readonly kills: number;
  readonly mode: Mode | 'both';
  readonly seed: number;
  readonly port: number;
  readonly timeout: number;
  readonly protocol: 1 | 2;
  /** The durability of the stores. Undefined: no stores. */
  readonly store?: 'full' | 'relaxed';
  readonly tls?: TlsKind;
  readonly logs?: string;
  readonly verbose?: boolean;
}

export const SERVER = optionsOf<ServerSettings & EndSettings>(() =>
  withEndOptions(
    serverCommand('server', 'The server of the qos test, for one client or board.'),
    'id of the client',
  ),
);

export const CLIENT = optionsOf<ClientSettings & EndSettings>(() =>
  withEndOptions(
    clientCommand('client', 'The client of the qos test, in place of a board.'),
    'id of this client',
  ),
);

export const CAMPAIGN: Options<CampaignSettings> = { command: campaignCommand, parse: campaignSettings };

function withEndOptions(command: Command, id: string): Command {
  return command
    .addOption(idOption(id, (id) => (id === '' ? 'It must not be empty.' : undefined)).default('qos'))
    .addOption(mode(['standard', 'fast'], 'standard'))
    .addOption(
      numberOption('--interval <ms>', 'pause between two lines, or two bursts', 0, LONGEST_MS)
        .env('INTERVAL')
        .default(5000),
    )
    .addOption(numberOption('--report <s>', 'seconds between two reports', 1, LONGEST_MS / 1000).default(30))
    .option('--quiet', 'print reports and problems only');
}

function campaignCommand(): Command {
  return command('campaign', 'Both ends through faults and kills; passes only if the promise was kept.')
    .addOption(
      numberOption('--messages <n>', 'messages in each direction, in each mode', 1, 10_000_000).default(
        10_000,
      ),
    )
    .addOption(
      numberOption(
        '--seconds <s>',
        'time for each mode, instead of --messages and --outages',
        1,
        LONGEST_MS / 1000,
      ),
    )
    .addOption(
      numberOption('--outages <n>', 'outages of each kind, while messages are in flight', 0, 10_000).default(
        5,
      ),
    )
    .addOption(numberOption('--kills <n>', 'kills of each end', 0, 10_000).default(0))
    .addOption(mode(['standard', 'fast', 'both'], 'both'))
    .addOption(
      numberOption('--seed <n>', 'seed for the order and the times of all faults', 0, 2 ** 32 - 1).default(1),
    )
    .addOption(numberOption('--port <number>', 'port of the server; 0 is a free one', 0, 65535).default(0))
    .addOption(
      numberOption('--timeout <ms>', 'silence that counts as an outage', 100, LONGEST_MS / 4).default(300),
    )
    .addOption(
      numberOption('--protocol <version>', 'highest version of the protocol at both ends', 1, 2).default(2),
    )
    .addOption(
      new Option('--store [durability]', 'the ends keep their sessions in stores, which survive kills')
        .choices(['full', 'relaxed'])
        .preset('full'),
    )
    .addOption(
      // One of the rounds with stores uses the model of an original client, which does not support TLS.
      new Option('--tls <kind>', 'use TLS with temporary keys, or temporary certificates of both ends')
        .choices(['keys', 'certificates'])
        .conflicts('store'),
    )
    .addOption(new Option('--logs <folder>', 'keep the logs of all processes here'))
    .option('--verbose', 'print every step');
}

function campaignSettings(args: readonly string[]): CampaignSettings {
  const command = campaignCommand().parse(args, { from: 'user' });
  const settings = command.opts<CampaignSettings>();
  const { messages, seconds, outages, kills } = settings;
  const least = (5 * outages + 2 * kills) * MESSAGES_A_STEP;
  if (seconds === undefined && messages < least) {
    command.error(
      `error: this many outages and kills need --messages ${least} or more, so that each happens while messages are in flight`,
    );
  }
  return settings;
}

/**
 * Messages in each direction that each outage or kill needs, so that it happens while messages are in flight.
 */
const MESSAGES_A_STEP = 100;

function mode(choices: readonly string[], preset: string): Option {
  return new Option('--mode <mode>', 'one line after the other, or bursts of four')
    .choices(choices)
    .default(preset);
}
