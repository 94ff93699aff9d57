/** Measures how long a trim of a long log delays other work. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { levelStore, type Entry } from '@iot/store-level';

export interface TrimPauses {
  readonly entries: number;
  readonly trimMs: number;
  /** The longest pause of the event loop, in ms. */
  readonly longestBlockMs: number;
  /** The longest append of another session, in ms. */
  readonly longestAppendMs: number;
  readonly appends: number;
}

/** Trims a log of this many entries, while another session appends without a pause. */
export async function trimPauses(folder: string, entries: number): Promise<TrimPauses> {
  await using store = await levelStore(folder);
  const line = (number: number): Entry => {
    return {
      kind: 'in',
      version: 2,
      epoch: 'ff',
      number,
      line: `${number} `.padEnd(100, '0123456789'),
      at: 0,
    };
  };
  for (let last = 0; last < entries; last += 1000) {
    const some = Array.from({ length: Math.min(1000, entries - last) }, (_, at) => line(last + at + 1));
    await store.append('long', last, some);
  }
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const begin = performance.now();
  let trimmedAt: number | undefined;
  delay.enable();
  const trimmed = store.trim('long', entries + 1).then(() => (trimmedAt = performance.now()));
  let [appends, longestAppendMs] = [0, 0];
  for (; trimmedAt === undefined; appends += 1) {
    const before = performance.now();
    await store.append('other', appends, [line(appends)]);
    longestAppendMs = Math.max(longestAppendMs, performance.now() - before);
  }
  delay.disable();
  const trimMs = (await trimmed) - begin;
  return { entries, trimMs, longestBlockMs: delay.max / 1e6, longestAppendMs, appends };
}
