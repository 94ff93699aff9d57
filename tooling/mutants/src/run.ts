/**
 * Applies each patch in `patches/` to a copy of its package, runs the tests of the copy with at most 300
 * seeds of its simulation, and requires that a test fails. A patch that no longer applies, or a copy whose
 * tests do not load, fails the task.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const SEEDS = '300';
const here = fileURLToPath(new URL('..', import.meta.url));
const packages = fileURLToPath(new URL('../../../packages', import.meta.url));
const work = `${here}.work`;

/** For tests that wait for an event which a mutant prevents. */
const WITHOUT_WAITING = '--testTimeout=60000';

/**
 * The tests that must fail, for each package, in groups. Quick tests come first, because most mutants fail
 * there. Mutants of the I2C channel are tested only by the simulation of the whole chain.
 */
const TESTS: Record<string, readonly (readonly string[])[]> = {
  qos: [['--exclude', 'test/simulation/**'], ['test/simulation']],
  'i2c-link': [['test/simulation']],
  'store-level': [
    ['test/contract.test.ts', 'test/files.test.ts', 'test/damage.test.ts', 'test/level-store.test.ts'],
    ['test/power-loss'],
  ],
  server: [
    [
      ...[
        'authorize',
        'failures',
        'keys',
        'proxy',
        'tls-handshakes',
        'tls-options',
        'tls-refusals',
        'total-unread',
      ].map((name) => `test/${name}.test.ts`),
      WITHOUT_WAITING,
    ],
  ],
  client: [['test/tls.test.ts', WITHOUT_WAITING]],
};

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
  const name = packageOf(patch);
  const original = `${packages}/${name}`;
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work);
  for (const part of ['src', 'test', 'README.md', 'package.json', 'vitest.config.ts', 'tsconfig.json']) {
    cpSync(`${original}/${part}`, `${work}/${part}`, { recursive: true });
  }
  symlinkSync(`${original}/node_modules`, `${work}/node_modules`);
  try {
    execFileSync('git', ['apply', '-p3', `${here}patches/${patch}`], { cwd: work, stdio: 'pipe' });
  } catch (error) {
    return {
      caught: false,
      how: `the patch does not apply: ${String((error as { stderr?: Buffer }).stderr).trim()}`,
    };
  }
  for (const tests of TESTS[name] ?? []) {
    const report = `${work}/report.json`;
    const args = ['run', '--bail=1', '--reporter=json', `--outputFile=${report}`, ...tests];
    const run = spawnSync(`${work}/node_modules/.bin/vitest`, args, {
      cwd: work,
      env: { ...process.env, SEEDS },
      // The trace of a failed world may exceed the buffer of a pipe.
      stdio: 'ignore',
    });
    if (run.status === 0) continue;
    const failed = failedTest(report);
    return failed === undefined
      ? { caught: false, how: 'the tests did not run' }
      : { caught: true, how: `by "${failed}"` };
  }
  return { caught: false, how: 'every test passed' };
}

/** The package whose file the patch changes. */
function packageOf(patch: string): string {
  const [, name = ''] =
    /^--- a\/packages\/([^/]+)\//m.exec(readFileSync(`${here}patches/${patch}`, 'utf8')) ?? [];
  if (!(name in TESTS)) throw new Error(`${patch} is for no package that is tested here`);
  return name;
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
