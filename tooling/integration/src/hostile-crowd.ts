/**
 * Runs hostile and healthy clients at the same server for the given time. Fails when a healthy client has
 * lost a line or its link, when memory keeps growing, or when a descriptor remains open. With `--table`,
 * measures how each attack affects healthy clients.
 */
import { readdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { crowd } from './crowd/crowd.js';
import { table } from './crowd/table.js';

const REPORT_MS = 60_000;
/**
 * The final memory is compared with the memory after this time, when code is compiled and caches are full.
 */
const WARM_MS = 60_000;
const MOST_GROWTH = 1.3;

const { minutes, seed, healthy, attackers, secondsEach } = options();
if (secondsEach !== undefined) await table({ healthy, attackers, secondsEach, print });
else process.exitCode = (await run()) ? 0 : 1;

async function run(): Promise<boolean> {
  const before = descriptors();
  const begunAt = performance.now();
  const endAt = begunAt + minutes * 60_000;
  let attacks = 0;
  let warmBytes = NaN;
  const note = () => {
    const bytes = heapBytes();
    if (Number.isNaN(warmBytes) && performance.now() > begunAt + WARM_MS) warmBytes = bytes;
    print(`${attacks} attacks, heap ${(bytes / 2 ** 20).toFixed(1)} MiB, ${descriptors()} descriptors`);
  };
  const ticking = setInterval(note, REPORT_MS);
  const result = await crowd({
    seed,
    healthy,
    atATime: attackers,
    goesOn: () => performance.now() < endAt,
    over: () => (attacks += 1),
  });
  clearInterval(ticking);
  const growth = heapBytes() / warmBytes;
  const left = descriptors() - before;
  for (const [name, count] of Object.entries(result.attacks)) print(`  ${name}: ${count}`);
  print(`${result.lines} lines of ${healthy} healthy clients came back`);
  const wrong = [...result.harm];
  if (left > 0) wrong.push(`${left} descriptors are left`);
  if (growth > MOST_GROWTH) wrong.push(`memory has grown by a factor of ${growth.toFixed(2)}`);
  for (const what of wrong) print(`WRONG: ${what}`);
  return wrong.length === 0;
}

function descriptors(): number {
  return readdirSync('/proc/self/fd').length;
}

function heapBytes(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

function options() {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '60' },
      seed: { type: 'string', default: '1' },
      healthy: { type: 'string', default: '50' },
      attackers: { type: 'string', default: '100' },
      table: { type: 'boolean', default: false },
      seconds: { type: 'string', default: '10' },
    },
  });
  const [minutes, seed, healthy, attackers] = [
    values.minutes,
    values.seed,
    values.healthy,
    values.attackers,
  ].map(Number) as [number, number, number, number];
  const secondsEach = values.table ? Number(values.seconds) : undefined;
  return { minutes, seed, healthy, attackers, secondsEach };
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
