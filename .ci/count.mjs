// Sums what the logs of `.ci/run` say: `node count.mjs LOG CODE …`, a log and the exit code of the command that wrote
// it. Tests count as vitest counted them; of the other tasks, each kind counts as one, and so does each program.
// Anything that failed without a count of its own counts as one, so that a failure is never counted as zero.
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

/** Tasks that run vitest. Each must have run, and counted something. */
const TESTS = ['test', 'test:browser', 'release-smoke-test'];
const CHECKS = [
  'format:check',
  'lint',
  'typecheck',
  'build',
  'publint',
  'attw',
  'size',
  'knip',
  'licences',
  'workflows',
  'docs',
];
/** Programs that count as one each, by their exit code. */
const PROGRAMS = ['bench'];

/** The tasks that turbo's own closing line calls failed: "Failed:    @iot/qos#test, @iot/qos#lint". */
const failedTasks = (log) =>
  log.flatMap((line) => /^\s*Failed:\s+(.+)$/.exec(line)?.[1].split(',') ?? []).map((task) => task.trim());

function countTests(task, logs) {
  let passed = 0;
  let failed = 0;
  const failuresOf = new Map();
  // "@iot/qos:test:       Tests  1 failed | 11 passed (12)"
  const closing = new RegExp(`^([^\\s:]+):${task}:\\s+Tests\\s+(.*\\(\\d+\\))\\s*$`);
  for (const { log } of logs) {
    for (const line of log) {
      const [, name, summary] = closing.exec(line) ?? [];
      if (!summary) continue;
      passed += Number(/(\d+) passed/.exec(summary)?.[1] ?? 0);
      const bad = Number(/(\d+) failed/.exec(summary)?.[1] ?? 0);
      failed += bad;
      failuresOf.set(`${name}#${task}`, bad);
    }
    // A test file that does not load, or an error outside any test, fails its package without a failed test.
    const broken = failedTasks(log).filter((name) => name.endsWith(`#${task}`));
    for (const name of broken) if (!failuresOf.get(name)) failed += 1;
  }
  if (passed === 0 && failed === 0) failed = 1;
  return { passed, failed };
}

function countCheck(step, logs) {
  const ran = logs.find(({ log }) => log.some((line) => line.includes(`:${step}: `)));
  const finished = ran?.log.some((line) => /^\s*Tasks:\s+\d+ successful, \d+ total/.test(line)) ?? false;
  const broken = ran ? failedTasks(ran.log).some((task) => task.endsWith(`#${step}`)) : true;
  return finished && !broken ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

function countProgram(program, logs) {
  const ended = logs.some(({ name, code }) => name === program && code === '0');
  return ended ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

/** The failed tests and tasks, by name, so that the end of a long log says what to look at. */
function namesOfFailures(logs) {
  const named = logs.flatMap(({ log }) => {
    // "@iot/qos:test:  FAIL  test/links.test.ts > a link > ends"
    const tests = log.flatMap(
      (line) => /^([^\s:]+):[^\s:]+:\s+FAIL\s+(.+)$/.exec(line)?.slice(1).join(' ') ?? [],
    );
    return [...tests, ...failedTasks(log)];
  });
  const programs = logs
    .filter(({ name, code }) => PROGRAMS.includes(name) && code !== '0')
    .map(({ name }) => name);
  return [...new Set([...named, ...programs])];
}

const logs = [];
for (let at = 2; at < process.argv.length; at += 2) {
  const log = stripVTControlCharacters(readFileSync(process.argv[at], 'utf8')).split('\n');
  logs.push({ name: basename(process.argv[at]), log, code: process.argv[at + 1] });
}
const counts = [
  ...TESTS.map((task) => countTests(task, logs)),
  ...CHECKS.map((step) => countCheck(step, logs)),
  ...PROGRAMS.map((program) => countProgram(program, logs)),
];
const passed = counts.reduce((sum, count) => sum + count.passed, 0);
let failed = counts.reduce((sum, count) => sum + count.failed, 0);
if (failed === 0 && logs.some(({ code }) => code !== '0')) failed = 1;
for (const name of namesOfFailures(logs)) console.log(`failed: ${name}`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
