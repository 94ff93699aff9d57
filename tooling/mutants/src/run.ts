/**
 * Applies each patch in `patches/` to a copy of `@iot/qos`, runs that copy's tests and simulation with at most 300 seeds,
 * and requires that they fail. A patch that no longer applies, or a copy that does not even load, fails the task.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const SEEDS = '300';
const here = fileURLToPath(new URL('..', import.meta.url));
const qos = fileURLToPath(new URL('../../../packages/qos', import.meta.url));
const work = `${here}.work`;

const only = process.argv.slice(2);
const patches = readdirSync(`${here}patches`)
  .filter((file) => file.endsWith('.patch'))
  .filter((file) => only.length === 0 || only.includes(file.replace('.patch', '')));

let survived = 0;
for (const patch of patches) {
  const { caught, how } = tryMutant(patch);
  if (!caught) survived += 1;
  print(`${caught ? 'caught  ' : 'SURVIVED'}  ${patch.replace('.patch', '').padEnd(28)} ${how}`);
}
rmSync(work, { recursive: true, force: true });
print(`${patches.length - survived} of ${patches.length} mutants caught`);
process.exitCode = survived === 0 && patches.length > 0 ? 0 : 1;

function tryMutant(patch: string): { caught: boolean; how: string } {
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work);
  for (const part of ['src', 'test', 'package.json', 'vitest.config.ts', 'tsconfig.json']) {
    cpSync(`${qos}/${part}`, `${work}/${part}`, { recursive: true });
  }
  symlinkSync(`${qos}/node_modules`, `${work}/node_modules`);
  try {
    execFileSync('git', ['apply', '-p3', `${here}patches/${patch}`], { cwd: work, stdio: 'pipe' });
  } catch (error) {
    return {
      caught: false,
      how: `the patch does not apply: ${String((error as { stderr?: Buffer }).stderr).trim()}`,
    };
  }
  // The quick tests first: most mutants get no further.
  for (const tests of [['--exclude', 'test/simulation/**'], ['test/simulation']]) {
    const report = `${work}/report.json`;
    const args = ['run', '--bail=1', '--reporter=json', `--outputFile=${report}`, ...tests];
    const run = spawnSync(`${work}/node_modules/.bin/vitest`, args, {
      cwd: work,
      env: { ...process.env, SEEDS },
    });
    if (run.status === 0) continue;
    const failed = failedTest(report);
    return failed === undefined
      ? { caught: false, how: 'the tests did not run' }
      : { caught: true, how: `by "${failed}"` };
  }
  return { caught: false, how: 'every test passed' };
}

/** Name of the first test that failed; undefined when none ran and failed. */
function failedTest(report: string): string | undefined {
  interface Result {
    readonly fullName: string;
    readonly status: string;
  }
  try {
    const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as {
      testResults: { assertionResults: Result[] }[];
    };
    return testResults.flatMap((file) => file.assertionResults).find(({ status }) => status === 'failed')
      ?.fullName;
  } catch {
    return undefined;
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
