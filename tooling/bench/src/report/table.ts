/** The tables of a run, as text. */
import { CONTESTANTS } from '../contestants/contestants.js';
import type { Verdict } from '../goals.js';
import type { Cell, Results, RowResult } from '../results.js';
import { short, spreadText } from './words.js';

/** One row: a line for each contestant, a column for each metric. */
export function rowTable(row: RowResult, results: Results): string[] {
  const head = ['', ...row.metrics.map(({ title }) => title)];
  const body = row.cells.map((cell) => [CONTESTANTS[cell.contestant].title, ...figures(cell, row, results)]);
  return [`${row.title} (${row.name})`, ...columns([head, ...body]).map((line) => `  ${line}`)];
}

function figures(cell: Cell, { name, metrics }: RowResult, results: Results): string[] {
  if (cell.missing !== undefined) return [`missing: ${cell.missing}`];
  if (cell.failed !== undefined) return [`failed: ${cell.failed}`];
  return metrics.map(({ key, unit }) => {
    const spread = results.spread(name, cell.contestant, key);
    return spread === undefined ? '–' : spreadText(spread, unit);
  });
}

/** Every goal with its measured value. */
export function goalTable(verdicts: readonly Verdict[]): string[] {
  const body = verdicts.map(({ goal, ratio, holds }) => [
    goal.title,
    comparison(goal),
    'atMost' in goal.limit ? `≤ ${goal.limit.atMost}` : `≥ ${goal.limit.atLeast}`,
    Number.isNaN(ratio) ? '–' : short(ratio),
    Number.isNaN(ratio) ? 'not measured' : holds ? 'holds' : 'missed',
  ]);
  return columns([['goal', '', 'limit', 'measured', ''], ...body]);
}

function comparison({ ours, against, againstRow }: Verdict['goal']): string {
  const title = CONTESTANTS[ours].title;
  if (against === undefined || againstRow !== undefined) return title;
  if (typeof against !== 'string') return `${title} / the fastest peer`;
  return `${title} / ${CONTESTANTS[against].title}`;
}

/** Pads each column, except the last cell of a line, to its longest cell. */
function columns(lines: readonly (readonly string[])[]): string[] {
  const full = Math.max(...lines.map((line) => line.length));
  const widths = Array.from({ length: full }, (_, column) =>
    Math.max(...lines.filter((line) => line.length === full).map((line) => line[column]!.length)),
  );
  // Names of contestants that were not measured count for the width too.
  widths[0] = Math.max(...lines.map((line) => line[0]!.length));
  return lines.map((line) => {
    const padded = line.map((cell, column) =>
      cell.padEnd(column < line.length - 1 ? widths[column]! + 2 : 0),
    );
    return padded.join('').trimEnd();
  });
}
