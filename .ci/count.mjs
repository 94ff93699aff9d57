// Sums what the two logs of `.ci/run` say. Anything that failed without a count of its own counts as one, so that
// a failure can never hide behind a zero.
import { readFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';

const [testLog, testCode, checkLog, checkCode] = process.argv.slice(2);
const lines = (file) => stripVTControlCharacters(readFileSync(file, 'utf8')).split('\n');

/** The tasks that turbo's own closing line calls failed: "Failed:    @iot/qos#test, @iot/qos#lint". */
const failedTasks = (log) =>
  log.flatMap((line) => /^\s*Failed:\s+(.+)$/.exec(line)?.[1].split(',') ?? []).map((task) => task.trim());

function countTests(log, code) {
  let passed = 0;
  let failed = 0;
  const failuresOf = new Map();
  for (const line of log) {
    // "@iot/qos:test:       Tests  1 failed | 11 passed (12)"
    const [, task, summary] = /^(\S+):test:\s+Tests\s+(.*\(\d+\))\s*$/.exec(line) ?? [];
    if (!summary) continue;
    passed += Number(/(\d+) passed/.exec(summary)?.[1] ?? 0);
    const bad = Number(/(\d+) failed/.exec(summary)?.[1] ?? 0);
    failed += bad;
    failuresOf.set(`${task}#test`, bad);
  }
  // A test file that does not load, or an error outside any test, fails its package without a failed test.
  for (const task of failedTasks(log)) if (!failuresOf.get(task)) failed += 1;
  if ((code !== '0' || passed === 0) && failed === 0) failed = 1;
  return { passed, failed };
}

function countChecks(log, code) {
  const steps = ['format:check', 'lint', 'typecheck', 'build', 'publint', 'attw'];
  const finished = log.some((line) => /^\s*Tasks:\s+\d+ successful, \d+ total/.test(line));
  const broken = new Set(failedTasks(log).map((task) => task.split('#').pop()));
  const ran = (step) => log.some((line) => line.startsWith('//:' + step) || line.includes(`:${step}: `));
  const passed = steps.filter((step) => finished && ran(step) && !broken.has(step)).length;
  const failed = steps.length - passed;
  return code !== '0' && failed === 0 ? { passed, failed: 1 } : { passed, failed };
}

const tests = countTests(lines(testLog), testCode);
const checks = countChecks(lines(checkLog), checkCode);
const passed = tests.passed + checks.passed;
const failed = tests.failed + checks.failed;
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
