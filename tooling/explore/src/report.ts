import { SMALLEST, type Bound } from './bound.js';
import type { Result } from './search.js';

const HEADER = ['bound', 'states', 'transitions', 'depth', 'seconds', 'states/s', 'complete'];

/** One line for each bound: its name, and what the search came to. */
export function table(results: readonly (readonly [name: string, result: Result])[]): string {
  const rows = [HEADER, ...results.map(([name, result]) => cells(name, result))];
  const widths = HEADER.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  return rows
    .map((row) =>
      row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  '),
    )
    .join('\n');
}

/** What a bound changes of the smallest one. */
export function inWords(bound: Bound): string {
  return Object.entries(bound)
    .filter(([name, value]) => value !== SMALLEST[name as keyof Bound])
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(', ');
}

/** A violation and the shortest path to it; empty when there is none. */
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
