// Runs a workspace tool: `node tooling/launch.mjs turbo run test …`.
//
// With pnpm at hand it goes straight through; started by npm it fetches the pnpm that package.json names, so
// that a fresh clone needs nothing but Node and npm. pnpm installs what is missing before it runs the tool.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';

const { packageManager } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

const underPnpm = process.env.npm_config_user_agent?.startsWith('pnpm/') ?? false;
// --prefer-offline: without a network, plain npx waits over a minute even for a version it has cached.
const runner = underPnpm ? ['pnpm'] : ['npx', '-y', '--prefer-offline', packageManager];
const [command, ...args] = [...runner, 'exec', ...process.argv.slice(2)];

const child = spawn(command, args, {
  stdio: 'inherit',
  shell: process.platform === 'win32', // npx and pnpm are .cmd files there
  env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1', TURBO_NO_UPDATE_NOTIFIER: '1' },
});

// A terminal sends Ctrl-C to the whole group: the child has it already, and we only wait for it to finish.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.on('error', (error) => {
  console.error(`cannot start ${command}: ${error.message}`);
  process.exitCode = 1;
});
child.on('exit', (code, signal) => {
  process.exitCode = code ?? 128 + constants.signals[signal];
});
