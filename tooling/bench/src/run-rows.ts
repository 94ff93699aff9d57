/**
 * Runs the rows. In each round of a row every contestant is measured once, so that changes of the machine's
 * load affect all contestants.
 */
import { readFileSync } from 'node:fs';
import { CONTESTANTS } from './contestants/contestants.js';
import { findProgram } from './contestants/program.js';
import type { Progress } from './report/progress.js';
import { rowTable } from './report/table.js';
import type { Cell, Results } from './results.js';
import { LinePairs } from './rows/line-pairs.js';
import type { Bench, Row } from './rows/row.js';

/** Adds each row to the results, and prints its table at its end. Rejects when it is stopped. */
export async function runRows(
  rows: readonly Row[],
  results: Results,
  progress: Progress,
  stop: AbortSignal,
): Promise<void> {
  await using pairs = new LinePairs();
  const say = (name: string, line: string): void => progress.line(`${name}: ${line}`);
  const bench: Bench = { stop, say, pairs };
  for (const row of rows) {
    if (row.usesPairs !== true) await pairs[Symbol.asyncDispose]();
    const result = results.add(row);
    progress.row(row.title);
    for (const cell of result.cells) {
      const missing = missingFor(row, cell);
      if (missing !== undefined) cell.missing = missing;
    }
    for (let round = 0; round < row.rounds; round++) {
      for (const cell of result.cells) {
        progress.at(`${row.title}, ${CONTESTANTS[cell.contestant].title}`);
        if (cell.missing === undefined && cell.failed === undefined) await measure(row, cell, bench);
        progress.done(row.seconds);
      }
    }
    for (const line of ['', ...rowTable(result, results)]) progress.line(line);
  }
}

async function measure(row: Row, cell: Cell, bench: Bench): Promise<void> {
  try {
    cell.rounds.push(await row.measure(cell.contestant, bench));
  } catch (error) {
    bench.stop.throwIfAborted();
    // The failure of one contestant: continue with the others.
    cell.failed = error instanceof Error ? error.message : String(error);
    await bench.pairs.drop(cell.contestant);
  }
}

function missingFor({ files = 0 }: Row, { contestant }: Cell): string | undefined {
  const { program } = CONTESTANTS[contestant];
  if (program !== undefined && findProgram(program) === undefined) return `${program} is not installed`;
  const allowed = openFiles();
  return files > allowed
    ? `needs ${files} open files, of which ${allowed} are allowed (ulimit -n)`
    : undefined;
}

/** The limit of open files. Node raises it to the hard limit by itself. */
function openFiles(): number {
  if (process.platform !== 'linux') return Infinity;
  const limits = readFileSync('/proc/self/limits', 'utf8');
  const [, hard = ''] = /^Max open files\s+\S+\s+(\S+)/m.exec(limits) ?? [];
  return hard === 'unlimited' ? Infinity : Number(hard);
}
