/**
 * Simulates an outage of two days with one line per second: 200,000 lines on disk, and ten kills of the
 * client's process.
 *
 *   soak:outage [LINES] [KILLS]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { outage } from './outage/outage.js';

const [lines = 200_000, kills = 10] = process.argv.slice(2).map(Number);
const folder = mkdtempSync(join(tmpdir(), 'outage-'));
const print = (line: string): void => void process.stdout.write(`${line}\n`);
try {
  const { lost, doubled, outOfOrder, delivered, rss, heap } = await outage({ folder, lines, kills, print });
  print(
    `${delivered} lines delivered, ${kills} kills: ${lost} lost, ${doubled} doubled, ${outOfOrder} out of order`,
  );
  print(`memory of the client at most ${rss.toFixed(0)} MB RSS, ${heap.toFixed(0)} MB heap`);
  if (lost + doubled + outOfOrder > 0) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
