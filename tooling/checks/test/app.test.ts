/** `npm run app` in a workspace of its own, whose build only says what it is asked to build. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { temporaryFolder } from '@iot/vitest-config/folder';
import { expect, it } from 'vitest';
import { ROOT } from '../src/markdown.js';

function workspace() {
  const root = temporaryFolder();
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  mkdirSync(join(root, 'tooling'));
  cpSync(join(ROOT, 'tooling/app.mjs'), join(root, 'tooling/app.mjs'));
  write('tooling/launch.mjs', `console.log(process.argv.slice(2).join(' '));`);
  const scripts = { start: 'node --enable-source-maps -- dist/start.js', build: 'tsup', test: 'vitest run' };
  write('apps/clock/package.json', JSON.stringify({ scripts }));
  write(
    'apps/clock/dist/start.js',
    `console.log(process.cwd(), process.argv.slice(2)); process.exitCode = 3;`,
  );
  write('apps/other/package.json', '{ "scripts": {} }');
  return (...args: string[]) => {
    const env = { ...process.env, INIT_CWD: root };
    const { status, stdout, stderr } = spawnSync(process.execPath, ['tooling/app.mjs', ...args], {
      cwd: root,
      encoding: 'utf8',
      env,
    });
    return { root, status, stdout, stderr };
  };
}

it('an app is built and its program is run where npm was started, with its arguments and exit code', () => {
  const { root, ...ended } = workspace()('clock', 'start', '--port', '0');
  const built = 'turbo run build --filter @iot/clock --output-logs=errors-only';
  expect(ended).toEqual({ status: 3, stdout: `${built}\n${root} [ '--port', '0' ]\n`, stderr: '' });
});

it.each([
  [[], 'NAME is clock, other'],
  [['clok', 'start'], 'NAME is clock, other'],
  [['clock'], 'PROGRAM of clock is start'],
  [['clock', 'build'], 'PROGRAM of clock is start'],
])('%j is answered with one line that lists what there is', (args, list) => {
  const { status, stdout, stderr } = workspace()(...args);
  expect(stderr).toBe(`error: usage: npm run app -- NAME PROGRAM [arguments]; ${list}\n`);
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
});

it.each(['demo-server', 'glue-examples', 'qos-test', 'remote-control'])(
  'each program of %s is a script of its package.json',
  (app) => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, `apps/${app}/package.json`), 'utf8')) as {
      scripts: Record<string, string>;
    };
    const [, text] = /programs = \{(.*?)\}/s.exec(
      readFileSync(join(ROOT, `apps/${app}/programs.ts`), 'utf8'),
    )!;
    const programs = [...text!.matchAll(/([\w-]+)'?: '/g)].map(([, name]) => name!);
    expect(programs).not.toEqual([]);
    for (const name of programs) {
      expect(scripts[name]).toBe(`node --enable-source-maps -- dist/${name}.js`);
    }
  },
);
