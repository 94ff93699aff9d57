/** The table of a campaign. */
import type { RoundResult } from './round.js';

const HEAD = [
  'version',
  'order',
  'lines',
  'acked',
  'back',
  'lost',
  'twice',
  'unordered',
  'outages',
  'repeats',
  'lines/s',
];

export function table(results: readonly RoundResult[]): string[] {
  return [HEAD, ...results.map(cells)].map((row) =>
    row
      .map((cell) => String(cell).padStart(10))
      .join('')
      .trimEnd(),
  );
}

function cells(it: RoundResult): (string | number)[] {
  const { version, wait, lines, acked, back, lost, twice, outOfOrder, outages, repeats, seconds } = it;
  const order = wait ? 'kept' : 'free';
  return [
    version,
    order,
    lines,
    acked,
    back,
    lost,
    twice,
    outOfOrder,
    outages,
    repeats,
    Math.round(lines / seconds),
  ];
}

/** Whether the promise was kept. */
export function isKept({ lines, acked, lost, twice, outOfOrder }: RoundResult): boolean {
  return acked === lines && lost === 0 && twice === 0 && outOfOrder === 0;
}
