/**
 * Options that the programs share. A setting comes from the first of these that has it: the option, the
 * environment variable, the file named by `--env-file`, the default. The names of the variables are those in
 * the boards' `local.py`.
 */
import { InvalidArgumentError, Option, type Command } from 'commander';
import { command, numberOption, wholeNumber } from './command.js';
import { addClientTls, addServerTls, type ClientTlsSettings, type ServerTlsSettings } from './tls.js';

/**
 * Longest timeout, in ms: half of the maximum of Node's timers, because server and client wait for two
 * timeouts.
 */
const LONGEST_TIMEOUT_MS = 2 ** 30;

/** Address, timeout and TLS of a server. */
export interface ServerSettings extends ServerTlsSettings {
  readonly host?: string | undefined;
  readonly port: number;
  readonly timeout: number;
}

/** A command with the options of every server. */
export function serverCommand(name: string, description: string): Command {
  return addServerOptions(command(name, description)).addOption(envFileOption());
}

/** Adds the options for a server's address, timeout and TLS. */
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

/** Address of the server, timeout and TLS of a client. */
export interface ClientSettings extends ClientTlsSettings {
  readonly host: string;
  readonly port: number;
  readonly timeout: number;
}

/** A command with the options of every client. */
export function clientCommand(name: string, description: string): Command {
  return addClientOptions(command(name, description)).addOption(envFileOption());
}

/** Adds the options for the server's address, the timeout and TLS of a client. */
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

/** `--any-port`: the server takes another port if its port is taken. */
export function anyPortOption(): Option {
  return new Option('--any-port', 'take a free port if --port is taken');
}

/**
 * Sets variables from the file while the option is parsed. This works because the command reads the
 * environment after all options. Variables that are already set keep their values.
 */
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

/** The option of an id. The value of `MY_ID` in a `local.py` may end with a newline. */
export function idOption(description: string, check: (id: string) => string | undefined): Option {
  return new Option('--id <id>', description).env('MY_ID').argParser((text: string) => {
    const id = text.trimEnd();
    const wrong = check(id);
    if (wrong !== undefined) throw new InvalidArgumentError(wrong);
    return id;
  });
}
