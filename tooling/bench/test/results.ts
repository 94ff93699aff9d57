import type { ContestantName } from '../src/contestants/contestants.js';
import { Results } from '../src/results.js';

/** Results of one row, `row`, with one metric, `p50`: of each contestant the figures of its rounds. */
export function resultsOf(figures: Partial<Record<ContestantName, readonly number[]>>): Results {
  const results = new Results();
  const contestants = Object.keys(figures) as ContestantName[];
  const row = results.add({
    name: 'row',
    title: 'a round trip',
    metrics: [{ key: 'p50', title: 'p50', unit: 'µs' }],
    contestants,
  });
  for (const cell of row.cells) {
    for (const p50 of figures[cell.contestant] ?? []) cell.rounds.push({ p50 });
  }
  return results;
}
