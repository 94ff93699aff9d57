/** Prints a round of the row of @iot/admin, with few clients and for a short time. */
import { LinePairs } from '../src/rows/line-pairs.js';
import { adminRow } from '../src/rows/fleets.js';
import { QUICK } from '../src/scale.js';

const row = adminRow({ ...QUICK, fleets: [10], settledMs: 0, scrapeMs: 50 });
await using pairs = new LinePairs();
const { signal: stop } = new AbortController();
const figures = await row.measure('ours-2', { stop, say: () => undefined, pairs });
process.stdout.write(JSON.stringify({ metrics: row.metrics.map(({ key }) => key), figures }));
