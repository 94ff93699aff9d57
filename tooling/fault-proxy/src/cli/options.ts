/** What the command line says. Every error is one line that names the option. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { command, numberOption, type Options } from '@iot/app-kit';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { FaultProxyError } from '../errors.js';
import { parseScript } from '../parse-script.js';
import type { Endpoint } from '../proxy.js';
import type { Script } from '../script.js';

export interface CliOptions {
  readonly listen: Endpoint;
  readonly to: Endpoint;
  readonly seed?: number;
  readonly script?: Script;
}

const LOOPBACK = '127.0.0.1';

export const PROXY: Options<CliOptions> = { command: cliCommand, parse: parseOptions };

function parseOptions(args: readonly string[]): CliOptions {
  const command = cliCommand();
  const options = command.parse(args, { from: 'user' }).opts<CliOptions>();
  if (options.listen.port === options.to.port && options.listen.host === options.to.host) {
    command.error('error: --listen and --to must not be the same: the proxy would dial itself');
  }
  return options;
}

function cliCommand(): Command {
  return command('proxy', 'A TCP proxy that does to a link what WiFi does. Ctrl-C ends it.')
    .addOption(
      new Option('--listen <[host:]port>', 'where clients dial')
        .default({ host: LOOPBACK, port: 0 }, `a free port of ${LOOPBACK}`)
        .argParser((text) => endpoint(text, LOOPBACK, 0)),
    )
    .addOption(
      new Option('--to <host:port>', 'the server')
        .makeOptionMandatory()
        .argParser((text) => endpoint(text, undefined, 1)),
    )
    .addOption(
      numberOption(
        '--seed <number>',
        'faults by chance, for an hour; the same seed, the same faults',
        0,
        2 ** 32 - 1,
      ).conflicts('script'),
    )
    .addOption(new Option('--script <file>', 'faults by a script: JSON, see the README').argParser(script));
}

function endpoint(text: string, host: string | undefined, leastPort: number): Endpoint {
  const parts = /^(?:(\[[^\]]+\]|[^:]+):)?(\d{1,5})$/.exec(text);
  const port = Number(parts?.[2]);
  const name = parts?.[1]?.replaceAll(/[[\]]/g, '') ?? host;
  if (!(port >= leastPort && port <= 65535) || name === undefined) {
    const form = host === undefined ? 'host:port' : '[host:]port';
    throw new InvalidArgumentError(`It must be ${form}, the port from ${leastPort} to 65535.`);
  }
  return { host: name, port };
}

function script(path: string): Script {
  try {
    // pnpm changes into the package before it runs a script of it.
    return parseScript(readFileSync(resolve(process.env['INIT_CWD'] ?? '.', path), 'utf8'));
  } catch (error) {
    if (error instanceof FaultProxyError) throw new InvalidArgumentError(`${error.message}.`);
    throw new InvalidArgumentError(
      `It cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'}).`,
    );
  }
}
