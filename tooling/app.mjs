// `npm run app -- NAME PROGRAM [arguments]`: builds the app `apps/NAME` and runs one of its programs, in the
// folder in which npm was started. The programs of an app are the scripts in its package.json that run a file
// in `dist`.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

const root = new URL('..', import.meta.url);
const [app, program, ...args] = process.argv.slice(2);
const apps = readdirSync(new URL('apps', root));
const usage = 'usage: npm run app -- NAME PROGRAM [arguments]';
if (!apps.includes(app)) refuse(`${usage}; NAME is ${apps.join(', ')}`);

/** The file of each program, relative to the app. */
const { scripts } = JSON.parse(readFileSync(new URL(`apps/${app}/package.json`, root), 'utf8'));
const programs = new Map(
  Object.entries(scripts).flatMap(([name, command]) => {
    const file = /^node .*(dist\/[\w-]+\.js)$/.exec(command)?.[1];
    return file === undefined ? [] : [[name, file]];
  }),
);
if (!programs.has(program)) refuse(`${usage}; PROGRAM of ${app} is ${[...programs.keys()].join(', ')}`);

const launch = fileURLToPath(new URL('tooling/launch.mjs', root));
const build = ['turbo', 'run', 'build', '--filter', `@iot/${app}`, '--output-logs=errors-only'];
const { status } = spawnSync(process.execPath, [launch, ...build], { cwd: root, stdio: 'inherit' });
if (status !== 0) process.exit(status ?? 1);

const file = fileURLToPath(new URL(`apps/${app}/${programs.get(program)}`, root));
const cwd = [process.env.INIT_CWD, '.'].find((folder) => folder !== undefined && existsSync(folder));
const child = spawn(process.execPath, ['--enable-source-maps', '--', file, ...args], {
  cwd,
  stdio: 'inherit',
});
// A terminal also sends Ctrl-C to the program, which then ends by itself.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.on('exit', (code, signal) => {
  process.exitCode = code ?? 128 + constants.signals[signal];
});

function refuse(message) {
  console.error(`error: ${message}`);
  process.exit(2);
}
