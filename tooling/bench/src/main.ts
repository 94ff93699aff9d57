/** `npm run bench`: compares the links of this project with other software, in one run. See the README. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { arch, cpus, release } from 'node:os';
import { join, resolve } from 'node:path';
import { run, say, sum } from '@iot/app-kit';
import { findProgram } from './contestants/program.js';
import { makeCertificates } from './contestants/tls.js';
import { farMissed, goals, verdictsOf, type Verdict } from './goals.js';
import { BENCH, type BenchSettings } from './options.js';
import { chart } from './report/chart.js';
import { Progress } from './report/progress.js';
import { goalTable } from './report/table.js';
import { Results } from './results.js';
import { runRows } from './run-rows.js';

await run(BENCH, async (settings, stop) => {
  const { rows, scale, check } = settings;
  const seconds = sum(rows.map((row) => row.rounds * row.seconds * row.contestants.length));
  const withCertificates = rows.some(({ contestants }) => contestants.includes('ours-2-certificates'));
  if (withCertificates && findProgram('openssl') !== undefined) makeCertificates();
  const results = new Results();
  const progress = new Progress(seconds, process.stdout.isTTY);
  try {
    await runRows(rows, results, progress, stop);
  } finally {
    progress.end();
  }
  const verdicts = verdictsOf(goals(scale), results);
  say('');
  for (const line of goalTable(verdicts)) say(line);
  for (const what of results.missing) say(`missing: ${what}`);
  write(settings, results, verdicts);
  fail(results, verdicts, check);
});

function write({ out, scale }: BenchSettings, results: Results, verdicts: readonly Verdict[]): void {
  const machine = {
    node: process.version,
    cpu: cpus()[0]?.model,
    cores: cpus().length,
    system: `${process.platform} ${release()} ${arch()}`,
  };
  const content = { date: new Date().toISOString(), machine, scale, rows: results.rows, goals: verdicts };
  mkdirSync(out, { recursive: true });
  for (const [file, text] of [
    ['bench.json', `${JSON.stringify(content, null, 2)}\n`],
    ['bench.svg', chart(results)],
  ] as const) {
    writeFileSync(join(out, file), text);
    say(`written: ${resolve(out, file)}`);
  }
}

function fail(results: Results, verdicts: readonly Verdict[], check: boolean): void {
  if (results.failed.length > 0) throw new Error(`not all was measured: ${results.failed.join('; ')}`);
  if (!check) return;
  if (verdicts.every(({ ratio }) => Number.isNaN(ratio))) throw new Error('no goal was measured');
  const missed = farMissed(verdicts).map(
    ({ goal, ratio }) => `${goal.title} (${goal.row}): ${ratio.toFixed(2)}`,
  );
  if (missed.length > 0) throw new Error(`missed by more than a factor of three: ${missed.join('; ')}`);
}
