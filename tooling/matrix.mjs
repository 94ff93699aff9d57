// `npm run matrix`: runs the tests of all packages on each supported version of Node, one after the other,
// and prints a table. The binaries come from the npm registry. `npm run matrix -- 22 26` runs only these
// versions.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';

const { packageManager } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const given = process.argv.slice(2);
const majors = given.length > 0 ? given : ['20', '22', '24', '26'];
// --force: turbo's cache does not distinguish versions of Node.
const tests = 'node --version && pnpm exec turbo run test --force --continue=always';

/** Runs the tests on the newest Node of a major version, and prints their output. */
function runOn(major) {
  const packages = [`node@${major}`, packageManager].flatMap((name) => ['--package', name]);
  const args = ['-y', '--prefer-offline', ...packages, '--call', tests];
  return new Promise((resolve, reject) => {
    const child = spawn('npx', args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let printed = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      process.stdout.write(text);
      printed += text;
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, lines: stripVTControlCharacters(printed).split('\n') }));
  });
}

/** The sum of vitest's counts over all packages. */
function count(lines, what) {
  const summaries = lines.filter((line) => /^\S+:test:\s+Tests\s/.test(line));
  return summaries.reduce((sum, line) => sum + Number(new RegExp(`(\\d+) ${what}`).exec(line)?.[1] ?? 0), 0);
}

const table = [];
for (const major of majors) {
  const started = performance.now();
  const { code, lines } = await runOn(major);
  const passed = count(lines, 'passed');
  table.push({
    Node: lines.find((line) => /^v\d/.test(line)) ?? `${major}: did not start`,
    passed,
    failed: count(lines, 'failed'),
    seconds: Math.round((performance.now() - started) / 1000),
    result: code === 0 && passed > 0 ? 'ok' : 'FAILED',
  });
}
console.table(table);
if (table.some(({ result }) => result !== 'ok')) process.exitCode = 1;
