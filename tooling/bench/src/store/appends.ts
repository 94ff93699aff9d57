/** Measures durable appends per second, and as the floor the same writes to a file, each synced. */
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { levelStore, type Durability, type Entry } from '@iot/store-level';

export interface AppendRate {
  readonly perSecond: number;
  /** From an append to its answer, in ms. */
  readonly medianMs: number;
  readonly longestMs: number;
}

/** Length of a line, in bytes. */
const LINE_BYTES = 100;

/** Appends lines in several sessions. Each session appends its next line when the previous one is durable. */
export async function appendRate(
  folder: string,
  options: { readonly sessions: number; readonly durationMs: number; readonly durability?: Durability },
): Promise<AppendRate> {
  const { sessions, durationMs, durability } = options;
  await using store = await levelStore(folder, { durability });
  const times: number[] = [];
  const end = performance.now() + durationMs;
  const session = async (id: string): Promise<void> => {
    for (let last = 0; performance.now() < end; last += 1) {
      const before = performance.now();
      if ((await store.append(id, last, [entry(id, last)])) !== 'ok') throw new Error(`${id} was fenced`);
      times.push(performance.now() - before);
    }
  };
  const begin = performance.now();
  await Promise.all(Array.from({ length: sessions }, (_, at) => session(`board ${at}`)));
  return rate(times, performance.now() - begin);
}

/** Appends the same lines to a file, and syncs it after each line. */
export async function floorRate(folder: string, durationMs: number): Promise<AppendRate> {
  const file = await open(join(folder, 'floor'), 'a');
  try {
    const bytes = Buffer.from(`${JSON.stringify(entry('board 0', 0))}\n`);
    const times: number[] = [];
    const begin = performance.now();
    while (performance.now() < begin + durationMs) {
      const before = performance.now();
      await file.write(bytes);
      await file.datasync();
      times.push(performance.now() - before);
    }
    return rate(times, performance.now() - begin);
  } finally {
    await file.close();
  }
}

function entry(id: string, last: number): Entry {
  const text = `${id} says ${last} `.padEnd(LINE_BYTES, '0123456789');
  return { kind: 'in', version: 2, epoch: '0123456789abcdef', number: last + 1, line: text, at: 0 };
}

function rate(times: number[], durationMs: number): AppendRate {
  times.sort((a, b) => a - b);
  return {
    perSecond: (times.length * 1000) / durationMs,
    medianMs: times[Math.floor(times.length / 2)] ?? NaN,
    longestMs: times.at(-1) ?? NaN,
  };
}
