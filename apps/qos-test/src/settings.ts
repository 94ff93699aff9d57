/**
 * What can be set, and where: an option goes before the environment, the environment before the file named by
 * `--env-file`, that before the default. The names in the environment are those of the boards' `local.py`.
 */
import { command, envFileOption, LONGEST_MS, wholeNumber } from '@iot/app-kit';
import { InvalidArgumentError, Option, type Command } from 'commander';
import type { Mode } from './traffic.js';

/** Settings of both ends. */
export interface EndSettings {
  readonly id: string;
  readonly port: number;
  readonly timeout: number;
  readonly mode: Mode;
  readonly interval: number;
  /** Seconds between two reports. */
  readonly report: number;
  readonly quiet?: boolean;
}

export interface ServerSettings extends EndSettings {
  readonly host?: string;
}

export interface ClientSettings extends EndSettings {
  readonly host: string;
}

export interface CampaignSettings {
  readonly messages: number;
  /** Instead of a number of messages and of outages. */
  readonly seconds?: number;
  readonly outages: number;
  readonly kills: number;
  readonly mode: Mode | 'both';
  readonly seed: number;
  readonly port: number;
  readonly timeout: number;
  readonly logs?: string;
  readonly verbose?: boolean;
}

export function serverCommand(): Command {
  return command('server', 'The server of the qos test, for one client or board.')
    .addOption(id('id of the client'))
    .addOption(new Option('--host <address>', 'address to listen on (default: all)'))
    .addOption(port('port to listen on', 8123, 0).env('PORT'))
    .addOption(timeout(1500).env('TIMEOUT'))
    .addOption(mode(['standard', 'fast'], 'standard'))
    .addOption(interval())
    .addOption(reportEvery())
    .option('--quiet', 'print reports and problems only')
    .addOption(envFileOption());
}

export function clientCommand(): Command {
  return command('client', 'The client of the qos test, in place of a board.')
    .addOption(id('id of this client'))
    .addOption(
      new Option('--host <host>', 'name or address of the server').env('SERVER').default('127.0.0.1'),
    )
    .addOption(port('port of the server', 8123, 1).env('PORT'))
    .addOption(timeout(1500).env('TIMEOUT'))
    .addOption(mode(['standard', 'fast'], 'standard'))
    .addOption(interval())
    .addOption(reportEvery())
    .option('--quiet', 'print reports and problems only')
    .addOption(envFileOption());
}

export function campaignCommand(): Command {
  return command('campaign', 'Both ends through faults and kills; passes only if the promise was kept.')
    .addOption(count('--messages <n>', 'messages in each direction, in each mode', 10_000, 1, 10_000_000))
    .addOption(
      new Option('--seconds <s>', 'time for each mode, instead of --messages and --outages').argParser(
        wholeNumber(1, LONGEST_MS / 1000),
      ),
    )
    .addOption(count('--outages <n>', 'outages of each kind, while messages are in flight', 5, 0, 10_000))
    .addOption(count('--kills <n>', 'kills of each end', 0, 0, 10_000))
    .addOption(mode(['standard', 'fast', 'both'], 'both'))
    .addOption(count('--seed <n>', 'draws the order and the moments of all that happens', 1, 0, 2 ** 32 - 1))
    .addOption(port('port of the server; 0 is a free one', 0, 0))
    .addOption(timeout(300))
    .addOption(new Option('--logs <folder>', 'keep the logs of all lives here'))
    .option('--verbose', 'print every step')
    .showHelpAfterError();
}

/** @throws CommanderError after the message, or the help, has been printed. */
export function serverSettings(args: readonly string[]): ServerSettings {
  return serverCommand().parse(args, { from: 'user' }).opts<ServerSettings>();
}

/** @throws CommanderError after the message, or the help, has been printed. */
export function clientSettings(args: readonly string[]): ClientSettings {
  return clientCommand().parse(args, { from: 'user' }).opts<ClientSettings>();
}

/** @throws CommanderError after the message, or the help, has been printed. */
export function campaignSettings(args: readonly string[]): CampaignSettings {
  const command = campaignCommand().parse(args, { from: 'user' });
  const settings = command.opts<CampaignSettings>();
  const { messages, seconds, outages, kills } = settings;
  const least = (5 * outages + 2 * kills) * MESSAGES_A_STEP;
  if (seconds === undefined && messages < least) {
    command.error(
      `error: so many outages and kills need --messages ${least} or more: each is to meet messages in flight`,
    );
  }
  return settings;
}

/** Messages in each direction that an outage or a kill needs, to be in the midst of them. */
const MESSAGES_A_STEP = 100;

function id(description: string): Option {
  return new Option('--id <id>', description)
    .env('MY_ID')
    .default('qos')
    .argParser((text: string) => {
      const id = text.trimEnd(); // local.py may end it with a newline
      if (id === '') throw new InvalidArgumentError('It must not be empty.');
      return id;
    });
}

function port(description: string, preset: number, least: number): Option {
  return new Option('--port <number>', description).default(preset).argParser(wholeNumber(least, 65535));
}

function timeout(ms: number): Option {
  return new Option('--timeout <ms>', 'silence that counts as an outage; the same on both ends')
    .default(ms)
    .argParser(wholeNumber(100, LONGEST_MS / 4));
}

function mode(choices: readonly string[], preset: string): Option {
  return new Option('--mode <mode>', 'one line after the other, or bursts of four')
    .choices(choices)
    .default(preset);
}

function interval(): Option {
  return new Option('--interval <ms>', 'pause between two lines, or two bursts')
    .env('INTERVAL')
    .default(5000)
    .argParser(wholeNumber(0, LONGEST_MS));
}

function reportEvery(): Option {
  return count('--report <s>', 'seconds between two reports', 30, 1, LONGEST_MS / 1000);
}

function count(flags: string, description: string, preset: number, least: number, most: number): Option {
  return new Option(flags, description).default(preset).argParser(wholeNumber(least, most));
}
