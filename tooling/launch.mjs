// Runs a workspace tool: `node tooling/launch.mjs turbo run test …`.
//
// If it was started by pnpm, it uses that pnpm. Otherwise it fetches the version of pnpm that package.json
// names, so that a fresh clone needs only Node and npm. pnpm installs missing dependencies before it runs the
// tool.
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';

const { packageManager } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const windows = process.platform === 'win32'; // npx and pnpm are .cmd files there

// pnpm runs in a separate session, so that Ctrl-C in a terminal reaches only this process, which passes the
// signal on once. turbo kills its tasks, instead of letting them end, when it gets the signal twice.
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
  // --prefer-offline: without a network, npx otherwise waits over a minute, even for a cached version.
  const args = ['-y', '--prefer-offline', '--package', packageManager, '--call', 'node -p process.env.PATH'];
  try {
    const stdio = ['ignore', 'pipe', 'inherit'];
    return execFileSync('npx', args, { encoding: 'utf8', stdio, shell: windows }).trim();
  } catch {
    console.error(`cannot fetch ${packageManager}: can this machine reach the npm registry?`);
    process.exit(1);
  }
}
