/**
 * A sensor in a separate process, which may be killed at any time. It stores READINGS readings, sends lines
 * whenever there is a link, and runs until it is killed. It reports the number of stored readings, its memory,
 * and how long it took until the first readings were stored (`loadedMs`, which includes opening the store).
 *
 *   sensor FOLDER PORT PROCESS READINGS
 */
import { connect } from '@iot/client';
import { levelStore } from '@iot/store-level';

export type News =
  | { readonly stored: number }
  | { readonly rss: number; readonly heap: number }
  | { readonly loadedMs: number };

/** Number of writes at the same time, as in a program that does not await each line. */
const AT_ONCE = 100;
const MEMORY_MS = 100;

const [, , folder = '', port = '', run = '', readings = ''] = process.argv;
const tell = (news: News) => process.send?.(news);

setInterval(() => {
  const { rss, heapUsed } = process.memoryUsage();
  tell({ rss, heap: heapUsed });
}, MEMORY_MS);

const began = performance.now();
const store = await levelStore(folder);
const client = connect({
  id: 'sensor',
  host: '127.0.0.1',
  port: Number(port),
  store,
  badServer: () => undefined,
  backoff: { minMs: 20, maxMs: 200 },
  offline: { maxLines: 1_000_000, maxBytes: 1_000_000_000 },
});
client.on('close', (why) => {
  throw why as Error;
});

/** A reading of 106 bytes, with the number of its process (`run`) and its own number (`n`). */
function reading(n: number): string {
  const time = new Date(1.8e12 + 1000 * n).toISOString();
  return JSON.stringify({ run: Number(run), n, time, values: [21.5, 48.2, 1013.25, 0.031] }).padEnd(106);
}

let first = true;
for (let n = 0; n < Number(readings); n += AT_ONCE) {
  const count = Math.min(AT_ONCE, Number(readings) - n);
  const lines = Array.from({ length: count }, (_, at) => reading(n + at));
  await Promise.all(lines.map((line) => client.write(line, { until: 'stored' })));
  if (first) tell({ loadedMs: performance.now() - began });
  first = false;
  tell({ stored: n + count });
}
