// Runs a workspace tool: `node tooling/launch.mjs turbo run test …`.
//
// With pnpm at hand it goes straight through; started by npm it fetches the pnpm that package.json names, so
// that a fresh clone needs nothing but Node and npm. pnpm installs what is missing before it runs the tool.
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';

const { packageManager } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const windows = process.platform === 'win32'; // npx and pnpm are .cmd files there

// In a session of its own, so that Ctrl-C in a terminal reaches only us and we pass it on once: pnpm hands it to the
// tool, and turbo, told twice, would kill its tasks instead of letting them end.
const child = spawn('pnpm', ['exec', ...process.argv.slice(2)], {
  stdio: 'inherit',
  detached: !windows,
  shell: windows,
  env: {
    ...process.env,
    PATH: pathWithPnpm(),
    TURBO_TELEMETRY_DISABLED: '1',
    TURBO_NO_UPDATE_NOTIFIER: '1',
  },
});

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('error', (error) => {
  console.error(`cannot start pnpm: ${error.message}`);
  process.exitCode = 1;
});
child.on('exit', (code, signal) => {
  process.exitCode = code ?? 128 + constants.signals[signal];
});

function pathWithPnpm() {
  if (process.env.npm_config_user_agent?.startsWith('pnpm/')) return process.env.PATH;
  // --prefer-offline: without a network, plain npx waits over a minute even for a version it has cached.
  const args = ['-y', '--prefer-offline', '--package', packageManager, '--call', 'node -p process.env.PATH'];
  try {
    const stdio = ['ignore', 'pipe', 'inherit'];
    return execFileSync('npx', args, { encoding: 'utf8', stdio, shell: windows }).trim();
  } catch {
    console.error(`cannot fetch ${packageManager}: is the npm registry in reach?`);
    process.exit(1);
  }
}
