import { SMALLEST, type Bound } from './bound.js';
import type { Result } from './search.js';

const HEADER = ['bound', 'states', 'transitions', 'depth', 'seconds', 'states/s', 'complete'];

/** One line for each bound: its name and the result of the search. */
export function table(results: readonly (readonly [name: string, result: Result])[]): string {
  const rows = [HEADER, ...results.map(([name, result]) => cells(name, result))];
  const widths = HEADER.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  return rows
    .map((row) =>
      row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  '),
    )
    .join('\n');
}

/** The fields of a bound that differ from the smallest bound, as text. */
export function inWords(bound: Bound): string {
  return Object.entries(bound)
    .filter(([name, value]) => value !== SMALLEST[name as keyof Bound])
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(', ');
}

/** The text of a violation and the shortest path to it. Empty if there is none. */
export function violationText(name: string, { violation }: Result): string {
  if (violation === undefined) return '';
  return [`${name}: ${violation.message}`, ...violation.path.map((step) => `  ${step}`)].join('\n');
}

function cells(name: string, result: Result): string[] {
  const { states, transitions, depth, seconds, complete, violation } = result;
  const rate = String(Math.round(states / seconds));
  const outcome = violation !== undefined ? 'VIOLATION' : complete ? 'yes' : 'no';
  return [name, ...[states, transitions, depth].map(String), seconds.toFixed(1), rate, outcome];
}
