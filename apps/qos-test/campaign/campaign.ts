/** `campaign`: both ends in processes of their own, through faults and kills; passes only if the promise was kept. */
import { run, say, timedOutput, type Output } from '@iot/app-kit';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CAMPAIGN } from '../src/settings.js';
import { failures } from './outcome.js';
import { folderOf, rounds, titleOf } from './round.js';
import { play, STORES } from './scenario.js';
import { render } from './table.js';

await run(CAMPAIGN, async (settings, stop) => {
  const { seed, verbose = false, logs } = settings;
  const all = rounds(settings);
  const folder = logs ?? mkdtempSync(join(tmpdir(), 'qos-campaign-'));
  let passed = true;
  try {
    say(`seed ${seed}: ${all.map(titleOf).join('; ')}`);
    for (const round of all) {
      const journals = join(folder, folderOf(round));
      mkdirSync(journals, { recursive: true });
      const outcome = await play(round, settings, journals, stop, output(verbose));
      const why = failures(outcome, settings);
      say(`\n${render(outcome, why)}\n`);
      passed &&= why.length === 0;
      if (why.length === 0) rmSync(join(journals, STORES), { recursive: true, force: true });
    }
  } catch (error) {
    passed = stop.aborted; // stopped is no failure to look into
    throw error;
  } finally {
    if (logs === undefined && (passed || !hasFiles(folder))) rmSync(folder, { recursive: true, force: true });
    else say(`logs: ${folder}`);
  }
  if (!passed) process.exitCode = 1;
});

function hasFiles(folder: string): boolean {
  return readdirSync(folder, { withFileTypes: true, recursive: true }).some((entry) => entry.isFile());
}

function output(verbose: boolean): Output {
  const all = timedOutput();
  if (verbose) return all;
  return {
    step: (text) => {
      if (text.startsWith('processes')) all.step(text);
    },
    line: () => undefined,
  };
}
