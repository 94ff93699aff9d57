/**
 * What can be set, and where: an option goes before the environment, the environment before the file named by
 * `--env-file`, that before the default. The names in the environment are those of the boards' `local.py`.
 */
import { command, envFileOption, LONGEST_MS, portOption, timeoutOption, wholeNumber } from '@iot/app-kit';
import { InvalidArgumentError, Option, type Command } from 'commander';

/** The ids of the clients, as on the boards. */
export const IDS: readonly string[] = ['1', '2', '3', '4'];

export interface StartSettings {
  readonly host?: string;
  readonly port: number;
  readonly anyPort?: boolean;
  readonly timeout: number;
  readonly interval: number;
  readonly quiet?: boolean;
}

export interface ClientSettings {
  readonly id: string;
  readonly host: string;
  readonly port: number;
  readonly timeout: number;
  readonly interval: number;
  readonly quiet?: boolean;
}

export interface DemoSettings {
  /** The other demo: a board behind a bridge that crashes. */
  readonly i2c?: boolean;
  readonly seconds: number;
  readonly port: number;
  readonly timeout: number;
  readonly interval: number;
  readonly verbose?: boolean;
}

export function startCommand(): Command {
  return command('start', `The server of the demo, for clients with the ids ${IDS.join(', ')}.`)
    .addOption(new Option('--host <address>', 'address to listen on (default: all)'))
    .addOption(portOption('port to listen on', 0))
    .option('--any-port', 'take a free port when that one is taken')
    .addOption(timeoutOption())
    .addOption(interval(5000).env('INTERVAL'))
    .option('--quiet', 'print problems only')
    .addOption(envFileOption());
}

export function clientCommand(): Command {
  return command('client', 'One client of the demo.')
    .addOption(new Option('--id <id>', 'id of this client').env('MY_ID').default('1').argParser(parseId))
    .addOption(
      new Option('--host <host>', 'name or address of the server').env('SERVER').default('127.0.0.1'),
    )
    .addOption(portOption('port of the server', 1))
    .addOption(timeoutOption())
    .addOption(interval(5000).env('INTERVAL'))
    .option('--quiet', 'print problems only')
    .addOption(envFileOption());
}

export function demoCommand(): Command {
  return command(
    'demo',
    'A server and four clients; every link is cut once; nothing may be lost or come twice.',
  )
    .addOption(
      new Option('--i2c', 'instead a board behind a bridge, which crashes twice').conflicts('seconds'),
    )
    .addOption(
      new Option('--seconds <s>', 'how long the clients and the server send; not with --i2c')
        .default(20)
        .argParser(wholeNumber(1, LONGEST_MS / 1000)),
    )
    .addOption(portOption('port of the server, if it is free', 0))
    .addOption(timeoutOption())
    .addOption(interval(250))
    .option('--verbose', 'print every line that is sent or comes')
    .addOption(envFileOption());
}

/** @throws CommanderError after the message, or the help, has been printed. */
export function startSettings(args: readonly string[]): StartSettings {
  return startCommand().parse(args, { from: 'user' }).opts<StartSettings>();
}

/** @throws CommanderError after the message, or the help, has been printed. */
export function clientSettings(args: readonly string[]): ClientSettings {
  return clientCommand().parse(args, { from: 'user' }).opts<ClientSettings>();
}

/** @throws CommanderError after the message, or the help, has been printed. */
export function demoSettings(args: readonly string[]): DemoSettings {
  return demoCommand().parse(args, { from: 'user' }).opts<DemoSettings>();
}

function interval(ms: number): Option {
  return new Option('--interval <ms>', 'pause between two lines sent')
    .default(ms)
    .argParser(wholeNumber(1, LONGEST_MS));
}

function parseId(text: string): string {
  const id = text.trimEnd(); // local.py may end it with a newline
  if (!IDS.includes(id)) throw new InvalidArgumentError(`It must be one of ${IDS.join(', ')}.`);
  return id;
}
