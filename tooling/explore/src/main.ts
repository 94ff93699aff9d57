/**
 * `npm run explore -- -- --lines-up 1 --links 2 --cuts 1` at the root: explores one bound. Without options of a bound it
 * explores all that the tests explore. The options are the fields of `Bound` (bound.ts), besides `--protocol` and
 * `--most-states`.
 */
import { parseArgs } from 'node:util';
import { CI_BOUNDS, type NamedBound } from './bounds.js';
import { SMALLEST, type Bound } from './bound.js';
import { loadMachines } from './bundle.js';
import { PROTOCOLS } from './protocols.js';
import { inWords, table, violationText } from './report.js';
import { explore, type Result } from './search.js';

/** Options whose values are words. */
const WORDS: Partial<Record<keyof Bound, readonly string[]>> = {
  ackWhen: ['received', 'read'],
  restartsOf: ['client', 'server', 'either'],
  stored: ['none', 'client', 'server', 'both'],
};

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`explore: ${(error as Error).message}\n`);
  process.exitCode = 2;
}

/** The exit code: 1 when the promise was broken. */
async function run(args: string[]): Promise<number> {
  const { version, mostStates, bounds } = asked(args);
  const protocol = PROTOCOLS[version]!;
  const rows: [string, Result][] = [];
  for (const { name, bound } of bounds) {
    const machines = await loadMachines(bound);
    const result = explore({ machines, protocol, bound, mostStates });
    rows.push([name, result]);
    print(violationText(name, result));
  }
  print(table(rows));
  return rows.some(([, { violation }]) => violation !== undefined) ? 1 : 0;
}

function asked(args: string[]): {
  readonly version: string;
  readonly mostStates: number;
  readonly bounds: readonly NamedBound[];
} {
  const fields = Object.keys(SMALLEST) as (keyof Bound)[];
  const names = ['protocol', 'most-states', ...fields.map(dashed)];
  const options = Object.fromEntries(names.map((name) => [name, { type: 'string' as const }]));
  const values = parseArgs({ args, options }).values as Record<string, string | undefined>;
  const { protocol: version = '1' } = values;
  const ofTests = CI_BOUNDS[version];
  if (ofTests === undefined || !(version in PROTOCOLS)) {
    throw new Error(`--protocol must be one of ${Object.keys(PROTOCOLS).join(', ')}, not ${version}`);
  }
  const given = fields.filter((field) => values[dashed(field)] !== undefined);
  const bound: Bound = {
    ...SMALLEST,
    ...Object.fromEntries(given.map((field) => [field, valueOf(field, values[dashed(field)]!)])),
  };
  const bounds = given.length === 0 ? ofTests : [{ name: inWords(bound), bound }];
  return { version, mostStates: Number(values['most-states'] ?? Infinity), bounds };
}

function valueOf(field: keyof Bound, text: string): string | number | boolean {
  const words = WORDS[field];
  if (words !== undefined) return oneOf(field, text, words);
  if (typeof SMALLEST[field] === 'boolean') return oneOf(field, text, ['true', 'false']) === 'true';
  const number = Number(text);
  if (text === '' || !(number >= 0)) throw new Error(`--${dashed(field)} must be a number, not ${text}`);
  return number;
}

function oneOf(field: string, text: string, words: readonly string[]): string {
  if (words.includes(text)) return text;
  throw new Error(`--${dashed(field)} must be one of ${words.join(', ')}, not ${text}`);
}

function dashed(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function print(text: string): void {
  if (text !== '') process.stdout.write(`${text}\n`);
}
