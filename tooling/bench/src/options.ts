/** The options of the bench. */
import { command, numberOption, type Options } from '@iot/app-kit';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { CONTESTANT_NAMES, type ContestantName } from './contestants/contestants.js';
import { fleetRows } from './rows/fleets.js';
import { linkRows } from './rows/links.js';
import { lineRows } from './rows/lines.js';
import { recoveryRows } from './rows/recovery.js';
import type { Row } from './rows/row.js';
import { QUICK, WHOLE, type Scale } from './scale.js';

export interface BenchSettings {
  readonly scale: Scale;
  readonly rows: readonly Row[];
  readonly check: boolean;
  /** The folder for the output files. */
  readonly out: string;
}

interface Given {
  readonly quick: boolean;
  readonly check: boolean;
  readonly only?: readonly string[];
  readonly against?: readonly ContestantName[];
  readonly rounds?: number;
  readonly out: string;
}

export const BENCH: Options<BenchSettings> = { command: benchCommand, parse };

function benchCommand(): Command {
  return command('bench', 'Compares the links of this project with other software.')
    .option('--quick', 'fewer rows, rounds and clients: under a minute', false)
    .option('--check', 'exit code 1 when a goal is missed by a factor of three', false)
    .addOption(
      new Option(
        '--only <rows>',
        'only these rows, separated by commas; acked means all of acked-1, acked-16 …',
      ).argParser(list),
    )
    .addOption(
      new Option(
        '--against <contestants>',
        'only ours-2 and these contestants, separated by commas',
      ).argParser(contestants),
    )
    .addOption(numberOption('--rounds <number>', 'rounds of each row', 1, 1000))
    .option('--out <folder>', 'folder for bench.json and bench.svg', 'results');
}

function parse(args: readonly string[]): BenchSettings {
  const command = benchCommand();
  const { quick, only, against, rounds, check, out } = command.parse(args, { from: 'user' }).opts<Given>();
  const scale = quick ? QUICK : WHOLE;
  const all = [...lineRows(scale), ...linkRows(scale), ...recoveryRows(scale), ...fleetRows(scale)];
  const rows = all
    .filter(({ name }) => only?.some((row) => name === row || name.startsWith(`${row}-`)) ?? true)
    .map((row) => ({
      ...row,
      rounds: rounds ?? row.rounds,
      contestants: row.contestants.filter(among(against)),
    }))
    .filter(({ contestants }) => contestants.length > 0);
  if (rows.length === 0) {
    command.error(`error: no row is left; there are ${all.map(({ name }) => name).join(', ')}`);
  }
  return { scale, rows, check, out };
}

function among(against: readonly ContestantName[] | undefined): (name: ContestantName) => boolean {
  return (name) => against === undefined || name === 'ours-2' || against.includes(name);
}

function list(text: string): string[] {
  return text.split(',').filter((part) => part !== '');
}

function contestants(text: string): ContestantName[] {
  return list(text).map((name) => {
    const known = CONTESTANT_NAMES.find((it) => it === name);
    if (known !== undefined) return known;
    throw new InvalidArgumentError(`There are ${CONTESTANT_NAMES.join(', ')}.`);
  });
}
