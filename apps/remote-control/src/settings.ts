/**
 * What can be set, and where: an option goes before the environment, the environment before the file named by
 * `--env-file`, that before the default. The names in the environment are those of the boards' `local.py`.
 */
import { command, envFileOption, LONGEST_MS, portOption, timeoutOption, wholeNumber } from '@iot/app-kit';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { parsePin, type Pin } from './gpio.js';

export interface ServerSettings {
  readonly host?: string;
  readonly port: number;
  readonly anyPort?: boolean;
  readonly timeout: number;
  readonly quiet?: boolean;
}

interface ClientSettings {
  readonly host: string;
  readonly port: number;
  readonly timeout: number;
  readonly quiet?: boolean;
}

export interface TxSettings extends ClientSettings {
  readonly gpioButton?: Pin;
  readonly every?: number;
}

export interface RxSettings extends ClientSettings {
  readonly gpioLed?: Pin;
}

export interface RemoteSettings {
  readonly port: number;
  readonly timeout: number;
  readonly every?: number;
}

export interface LatencySettings {
  readonly presses: number;
}

export function serverCommand(): Command {
  return command('server', 'The server of the remote control, for the clients tx and rx.')
    .addOption(new Option('--host <address>', 'address to listen on (default: all)'))
    .addOption(portOption('port to listen on', 0))
    .option('--any-port', 'take a free port when that one is taken')
    .addOption(timeoutOption())
    .option('--quiet', 'print problems only')
    .addOption(envFileOption());
}

export function txCommand(): Command {
  return client('tx', 'The client with the button.')
    .addOption(
      new Option('--gpio-button <chip:line>', 'a real button, between this GPIO line and ground')
        .argParser(pin)
        .conflicts('every'),
    )
    .addOption(every())
    .addOption(envFileOption());
}

export function rxCommand(): Command {
  return client('rx', 'The client with the LED.')
    .addOption(
      new Option('--gpio-led <chip:line>', 'a real LED, between this GPIO line and ground').argParser(pin),
    )
    .addOption(envFileOption());
}

export function remoteCommand(): Command {
  return command('remote', 'The server, tx and rx in one terminal.')
    .addOption(portOption('port of the server, if it is free', 0))
    .addOption(timeoutOption())
    .addOption(every())
    .addOption(envFileOption());
}

export function latencyCommand(): Command {
  return command('latency', 'Measures the time from press to LED, beside two hops of raw lines.').addOption(
    new Option('--presses <number>', 'how many presses count')
      .default(2000)
      .argParser(wholeNumber(1, 1_000_000)),
  );
}

/** @throws CommanderError after the message, or the help, has been printed. */
export function serverSettings(args: readonly string[]): ServerSettings {
  return serverCommand().parse(args, { from: 'user' }).opts<ServerSettings>();
}

/** @throws CommanderError after the message, or the help, has been printed. */
export function txSettings(args: readonly string[]): TxSettings {
  return txCommand().parse(args, { from: 'user' }).opts<TxSettings>();
}

/** @throws CommanderError after the message, or the help, has been printed. */
export function rxSettings(args: readonly string[]): RxSettings {
  return rxCommand().parse(args, { from: 'user' }).opts<RxSettings>();
}

/** @throws CommanderError after the message, or the help, has been printed. */
export function remoteSettings(args: readonly string[]): RemoteSettings {
  return remoteCommand().parse(args, { from: 'user' }).opts<RemoteSettings>();
}

/** @throws CommanderError after the message, or the help, has been printed. */
export function latencySettings(args: readonly string[]): LatencySettings {
  return latencyCommand().parse(args, { from: 'user' }).opts<LatencySettings>();
}

function client(name: string, description: string): Command {
  return command(name, description)
    .addOption(
      new Option('--host <host>', 'name or address of the server').env('SERVER').default('127.0.0.1'),
    )
    .addOption(portOption('port of the server', 1))
    .addOption(timeoutOption())
    .option('--quiet', 'print problems only');
}

function every(): Option {
  return new Option('--every <ms>', 'press the button by itself, so often').argParser(
    wholeNumber(1, LONGEST_MS),
  );
}

function pin(text: string): Pin {
  const pin = parsePin(text);
  if (pin === undefined) {
    throw new InvalidArgumentError('It must be a chip and a line, like gpiochip0:17.');
  }
  return pin;
}
