/** `npm run bench:store`: measures durable appends per second, and how long a trim delays other work. */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { countFromEnv } from '@iot/vitest-config/count';
import { appendRate, floorRate, type AppendRate } from './appends.js';
import { trimPauses } from './trim.js';

const DURATION_MS = countFromEnv('DURATION_MS', 3000);
const TRIMMED = 200_000;

// In this folder, because the folder of temporary files may be in memory.
const root = await mkdtemp(join(process.cwd(), 'bench-'));
try {
  const print = (line: string): void => void process.stdout.write(`${line}\n`);
  const row = (name: string, { perSecond, medianMs, longestMs }: AppendRate): void => {
    const cells = [perSecond.toFixed(0), medianMs.toFixed(2), longestMs.toFixed(1)];
    print(`${name.padEnd(42)}${cells.map((cell) => cell.padStart(12)).join('')}`);
  };
  print(
    `${'100 bytes a line'.padEnd(42)}${['a second', 'median ms', 'longest ms'].map((it) => it.padStart(12)).join('')}`,
  );
  row('append to a file, fdatasync', await floorRate(root, DURATION_MS));
  for (const sessions of [1, 100, 1000]) {
    const folder = join(root, `full-${sessions}`);
    row(`${sessions} sessions, full`, await appendRate(folder, { sessions, durationMs: DURATION_MS }));
  }
  const relaxed = { sessions: 100, durationMs: DURATION_MS, durability: 'relaxed' } as const;
  row('100 sessions, relaxed', await appendRate(join(root, 'relaxed'), relaxed));
  row('append to a file, fdatasync', await floorRate(root, DURATION_MS));
  const { trimMs, longestBlockMs, longestAppendMs, appends } = await trimPauses(join(root, 'trim'), TRIMMED);
  print(
    `a trim of ${TRIMMED} entries took ${trimMs.toFixed(0)} ms, with ${appends} appends of another session: event loop blocked ${longestBlockMs.toFixed(1)} ms at most, an append ${longestAppendMs.toFixed(1)} ms at most`,
  );
} finally {
  await rm(root, { recursive: true });
}
