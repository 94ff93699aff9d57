import { SeedError } from '@iot/simulation';
import type { BookReport } from './book.js';
import { seeds, type WorldOptions } from './draw.js';
import { World } from './world.js';

/**
 * Runs the worlds of one kind, one seed after the other, and stops at the first that breaks the promise, with a
 * `SeedError`. A run of many seeds says what was allowed to be lost.
 */
export async function runWorlds(kind: string, options: (seed: number) => WorldOptions): Promise<void> {
  const sums = new Map<string, number>();
  const sum = (way: 'up' | 'down', { written, arrived, again, notOwed, lost }: BookReport) => {
    for (const [name, count] of Object.entries({ written, arrived, again, 'not owed': notOwed, ...lost })) {
      const key = `${way} ${name}`;
      sums.set(key, (sums.get(key) ?? 0) + count);
    }
  };
  for (let seed = seeds.first; seed < seeds.first + seeds.count; seed++) {
    try {
      const { up, down } = await new World(seed, options(seed)).run();
      sum('up', up);
      sum('down', down);
    } catch (error) {
      throw new SeedError(seed, error);
    }
  }
  if (seeds.count < MANY) return;
  const shown = [...sums].filter(([, count]) => count > 0).map(([name, count]) => `${name} ${count}`);
  console.log(`${kind}, ${seeds.count} seeds: ${shown.join(', ')}`);
}

const MANY = 100;
