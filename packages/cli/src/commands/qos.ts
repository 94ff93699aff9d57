/**
 * `iot qos`: tests that each line arrives exactly once, through outages of every kind. Each of the two ends
 * is a command.
 */
import { randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import {
  addClientOptions,
  addServerOptions,
  numberOption,
  openFleetTls,
  openServer,
  portsOf,
  Screen,
  stopped,
  type ClientSettings,
  type ServerSettings,
} from '@iot/app-kit';
import type { TlsConnectOptions } from '@iot/client';
import { SeededRandom } from '@iot/fault-proxy';
import type { DefineCommand, Context } from '../context.js';
import { CommandError } from '../exit-codes.js';
import { echoLines } from '../qos/echo.js';
import { playRound, type RoundResult } from '../qos/round.js';
import { isKept, table } from '../qos/table.js';

interface CampaignOptions extends ClientSettings {
  readonly id?: string;
  readonly lines: number;
  readonly outages: number;
  readonly version?: 1 | 2;
  readonly seed: number;
  readonly json?: boolean;
}

export const qos: DefineCommand = (group, context) => {
  addServerOptions(
    group.command('serve').description('the server: sends each line back, until Ctrl-C'),
  ).action((settings: ServerSettings) => serve(settings, context));
  addClientOptions(
    group
      .command('client')
      .description('the client: sends lines to that server through a fault proxy, and counts them')
      .option('--id <id>', 'prefix of the ids; with --psk-file the id (default: a new one)')
      .addOption(numberOption('--lines <number>', 'of each round', 1, 10_000_000).default(1000))
      .addOption(numberOption('--outages <number>', 'of each kind, in each round', 0, 1000).default(2))
      .addOption(numberOption('--version <1|2>', 'of the protocol (default: both)', 1, 2))
      .addOption(
        numberOption(
          '--seed <number>',
          'seed of the outages; the same seed gives the same outages',
          0,
          2 ** 32 - 1,
        ).default(1),
      )
      .option('--json', 'print the results as JSON'),
  ).action((options: CampaignOptions) => campaign(options, context));
};

async function serve(settings: ServerSettings, { stop, say }: Context): Promise<void> {
  await using server = await openServer(settings);
  echoLines(server);
  say(`listening on ${portsOf(server)}; Ctrl-C ends`);
  await stopped(stop);
}

async function campaign(options: CampaignOptions, { stop, print }: Context): Promise<void> {
  const { host, port, timeout, lines, outages, pskFile } = options;
  const name = options.id ?? `qos-${randomBytes(4).toString('hex')}`;
  const tlsOf = await openFleetTls(options);
  const screen = new Screen(process.stderr);
  const results: RoundResult[] = [];
  for (const version of options.version === undefined ? ([1, 2] as const) : [options.version]) {
    for (const wait of [true, false]) {
      const title = `version ${version}, ${wait ? 'lines in order' : 'lines that may overtake'}`;
      // A key belongs to one id. Without keys, each round uses its own id and so its own session.
      const id = pskFile === undefined ? `${name}-${results.length + 1}` : name;
      const random = new SeededRandom(options.seed);
      const tls = named(tlsOf(id), host);
      const settings = { host, port, timeout, tls, id, version, wait, lines, outages, random };
      const progress = (back: number) => screen.status(`${title}: ${Math.floor((100 * back) / lines)} %`);
      const result = await playRound(settings, progress, stop);
      screen.line(`${title}: ${isKept(result) ? 'each line came back once' : 'NOT KEPT'}`);
      results.push(result);
    }
  }
  screen.end();
  if (options.json === true) print(JSON.stringify(results));
  else table(results).forEach((row) => print(row));
  const broken = results.filter((result) => !isKept(result)).length;
  if (broken > 0)
    throw new CommandError(
      1,
      `in ${broken} of ${results.length} rounds a line was lost, came twice or out of order`,
    );
}

/** The client connects to its own proxy, but the certificate belongs to the server. */
function named(tls: TlsConnectOptions | undefined, host: string): TlsConnectOptions | undefined {
  if (tls === undefined || tls.psk !== undefined || isIP(host) > 0) return tls;
  return { ...tls, servername: host };
}
