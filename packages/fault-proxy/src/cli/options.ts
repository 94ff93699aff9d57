/** The options of the command. Every error message is one line that names the option. */
import { readFileSync } from 'node:fs';
import { durationOption, numberOption } from '@iot/app-kit/command';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { FaultProxyError } from '../errors.js';
import { parseScript } from '../parse-script.js';
import type { Endpoint } from '../proxy.js';
import type { Script } from '../script.js';
import { ROUND_KINDS, type RoundKind } from './rounds.js';

export interface ProxySettings {
  readonly listen: Endpoint;
  readonly to: Endpoint;
  readonly seed?: number;
  readonly script?: Script;
  /** Ms. */
  readonly every?: number;
  /** Ms. */
  readonly for?: number;
  readonly kind?: RoundKind;
}

const LOOPBACK = '127.0.0.1';
const DEFAULT_FOR_MS = 2000;

/** Adds the options of a fault proxy to a command. `checkProxySettings` reads the parsed values. */
export function addProxyOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--listen <[host:]port>', 'where clients connect')
        .default({ host: LOOPBACK, port: 0 }, `a free port of ${LOOPBACK}`)
        .argParser((text) => endpoint(text, LOOPBACK, 0)),
    )
    .addOption(new Option('--to <host:port>', 'the server').argParser((text) => endpoint(text, undefined, 1)))
    .addOption(
      durationOption('--every <time>', 'repeat a fault of one kind at this interval, such as 30s').conflicts([
        'script',
        'seed',
      ]),
    )
    .addOption(durationOption('--for <time>', 'how long each fault lasts, with --every (default: 2s)'))
    .addOption(
      new Option(
        '--kind <kind>',
        'with --every: cut off, silent, slow, or with lines lost (default: cut)',
      ).choices(ROUND_KINDS),
    )
    .addOption(
      numberOption(
        '--seed <number>',
        'random faults for an hour; the same seed gives the same faults',
        0,
        2 ** 32 - 1,
      ).conflicts('script'),
    )
    .addOption(
      new Option('--script <file>', 'faults listed in a JSON file: see the README').argParser(script),
    );
}

/**
 * The settings of a command that has parsed its options.
 *
 * @throws CommanderError after the message has been printed, for options that contradict each other
 */
export function checkProxySettings(command: Command): ProxySettings {
  const given = command.opts<Omit<ProxySettings, 'to'> & { readonly to?: Endpoint }>();
  const { listen, to, every, for: lasts, kind } = given;
  // Not a mandatory option of commander: its error would hide the error for an unknown option.
  if (to === undefined) return command.error("error: required option '--to <host:port>' not specified");
  if (listen.port === to.port && listen.host === to.host) {
    command.error('error: --listen and --to must not be the same: the proxy would dial itself');
  }
  if (every === undefined) {
    if (lasts !== undefined || kind !== undefined) command.error('error: --for and --kind need --every');
    return { ...given, to };
  }
  const round = { for: lasts ?? DEFAULT_FOR_MS, kind: kind ?? 'cut' };
  if (round.for >= every) command.error('error: --for must be shorter than --every');
  return { ...given, to, ...round };
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
    return parseScript(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error instanceof FaultProxyError) throw new InvalidArgumentError(`${error.message}.`);
    throw new InvalidArgumentError(
      `It cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'}).`,
    );
  }
}
