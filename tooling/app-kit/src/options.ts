/**
 * Options that the programs share. An option goes before the environment, the environment before the file named by
 * `--env-file`, that before the default. The names in the environment are those of the boards' `local.py`.
 */
import { InvalidArgumentError, Option, type Command } from 'commander';
import { command, numberOption, wholeNumber } from './command.js';
import { addClientTls, addServerTls, type ClientTlsSettings, type ServerTlsSettings } from './tls.js';

/** Longest timeout, in ms: server and client wait for two of them. */
const LONGEST_TIMEOUT_MS = 2 ** 30;

/** Where a server listens, and when it takes a client for lost. */
export interface ServerSettings extends ServerTlsSettings {
  readonly host?: string | undefined;
  readonly port: number;
  readonly timeout: number;
}

/** A command with the options of every server. */
export function serverCommand(name: string, description: string): Command {
  return addServerOptions(command(name, description)).addOption(envFileOption());
}

/** Where a server listens, its timeout, and TLS. */
export function addServerOptions(server: Command): Command {
  return addServerTls(
    server
      .option('--host <address>', 'address to listen on (default: all)')
      .addOption(portOption('port to listen on', 0))
      .addOption(timeoutOption()),
    tlsPortOption(),
  );
}

export function tlsPortOption(): Option {
  return numberOption('--tls-port <number>', 'port for TLS (default: 8124)', 0, 65535);
}

/** Where a client finds its server, and when it takes it for lost. */
export interface ClientSettings extends ClientTlsSettings {
  readonly host: string;
  readonly port: number;
  readonly timeout: number;
}

/** A command with the options of every client. */
export function clientCommand(name: string, description: string): Command {
  return addClientOptions(command(name, description)).addOption(envFileOption());
}

/** Where a client finds its server, its timeout, and TLS. */
export function addClientOptions(client: Command): Command {
  return addClientTls(
    client
      .addOption(
        new Option('--host <host>', 'name or address of the server').env('SERVER').default('127.0.0.1'),
      )
      .addOption(portOption('port of the server', 1))
      .addOption(timeoutOption()),
  );
}

export function portOption(description: string, least: 0 | 1): Option {
  return new Option('--port <number>', description)
    .env('PORT')
    .default(8123)
    .argParser(wholeNumber(least, 65535));
}

export function timeoutOption(): Option {
  return new Option('--timeout <ms>', 'silence that counts as an outage; the same on all ends')
    .env('TIMEOUT')
    .default(1500)
    .argParser(wholeNumber(100, LONGEST_TIMEOUT_MS));
}

/** `--any-port`, of a server that would rather listen elsewhere than not at all. */
export function anyPortOption(): Option {
  return new Option('--any-port', 'take a free port when that one is taken');
}

/** Reads the file at once: the command looks into the environment after all options, and set values stay. */
export function envFileOption(): Option {
  return new Option('--env-file <path>', 'file with a NAME=value on each line, like local.py').argParser(
    (path: string) => {
      try {
        process.loadEnvFile(path);
      } catch (error) {
        throw new InvalidArgumentError(
          `It cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'}).`,
        );
      }
      return path;
    },
  );
}

/** For an id of `local.py`, whose value may end with a newline. */
export function idOption(description: string, check: (id: string) => string | undefined): Option {
  return new Option('--id <id>', description).env('MY_ID').argParser((text: string) => {
    const id = text.trimEnd();
    const wrong = check(id);
    if (wrong !== undefined) throw new InvalidArgumentError(wrong);
    return id;
  });
}
