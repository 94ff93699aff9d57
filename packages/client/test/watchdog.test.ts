import { execFileSync } from 'node:child_process';
import { chmodSync, closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Watchdog } from '../src/watchdog/watchdog.js';
import { WATCHDOG_EXIT_CODE, watchdogSettings, type WatchdogOptions } from '../src/watchdog/options.js';
import { bundleProgram } from './watchdog/bundle.js';
import { Child } from './watchdog/child.js';
import { NotifySocket, systemdNotify } from '@iot/vitest-config/notify-socket';

const timeoutMs = 400;
const moving = 'moves for three timeouts, then closes';
const blocked = 'blocks its main loop';

let folder = '';
let program = '';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'watchdog-'));
  program = join(folder, 'program.mjs');
  await bundleProgram(program);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const run = (behaviour: string, options: WatchdogOptions = {}, env = {}) =>
  new Child(program, behaviour, { timeoutMs, ...options }, env);

const start = (options: WatchdogOptions, warn: (message: string) => void = () => undefined) =>
  new Watchdog(watchdogSettings(options, 1), () => 0, warn);

describe('a process with a watchdog', () => {
  it('is ended with its own exit code, no exit handler and one line when its main loop is blocked', async () => {
    const child = run(blocked);
    expect(await child.ended()).toBe(WATCHDOG_EXIT_CODE);
    expect(child.stdout).toBe('watching\n');
    expect(child.stderr).toBe(
      '@iot/client watchdog: the main loop has not turned for 400 ms, ending the process with exit code 87\n',
    );
  });

  it('is ended the same way when its loop turns, but its client does not move', async () => {
    const child = run('turns, but its client does not move');
    expect(await child.ended()).toBe(WATCHDOG_EXIT_CODE);
    expect(child.stderr).toBe(
      '@iot/client watchdog: the client has made no progress for 400 ms, ending the process with exit code 87\n',
    );
  });

  it('is killed, after the line, when it is blocked in native code', async () => {
    const child = run('blocks in native code');
    expect(await child.ended()).toBe('SIGKILL');
    expect(child.stderr).toMatch(/^@iot\/client watchdog: the main loop .*\n$/);
  });

  it('is killed when even its last line finds no reader', async () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const unread = openSync(pipe, 'r+');
    const child = new Child(
      program,
      'blocks in a write to a pipe without a reader',
      { timeoutMs },
      {},
      unread,
    );
    expect(await child.ended()).toBe('SIGKILL');
    closeSync(unread);
  });

  it('runs on while its client moves, and ends by itself', async () => {
    const child = run(moving);
    expect(await child.ended()).toBe(0);
    expect(child.stderr).toBe('');
  });

  it('may block once the watchdog is closed', async () => {
    const child = run('closes, then blocks for three timeouts');
    expect(await child.ended()).toBe(0);
    expect(child.stderr).toBe('');
  });

  it('is not kept alive by it', async () => {
    expect(await run('has nothing to do', { timeoutMs: 60_000 }).ended()).toBe(0);
  });

  it('survives being suspended for longer than the timeout', async () => {
    const child = run(moving);
    await child.watching();
    child.kill('SIGSTOP');
    // As long as this takes.
    expect(await run('closes, then blocks for three timeouts').ended()).toBe(0);
    child.kill('SIGCONT');
    expect(await child.ended()).toBe(0);
  });

  it('holds nothing more after a hundred starts and closes', async () => {
    const device = join(folder, 'cycles');
    writeFileSync(device, '');
    const child = run('starts and closes a hundred times', { device, timeoutMs: 60_000 });
    expect(await child.ended()).toBe(0);
    expect(child.stderr).toBe('');
  });
});

describe('closing a watchdog', () => {
  it('is idempotent, and right after its making is no failure', async () => {
    const watchdog = start({});
    const closes = [watchdog.close(), watchdog.close()];
    await watchdog.started;
    await Promise.all(closes);
    await watchdog.close();
    watchdog.status('not heard');
  });

  it('that could not start is no failure, and no unhandled rejection', async () => {
    await start({ device: join(folder, 'none') }).close();
  });
});

describe('a hardware watchdog', () => {
  let device = '';
  beforeEach(() => {
    device = join(folder, 'device');
    writeFileSync(device, '');
  });

  it('is fed, and stopped by the magic close at a clean end', async () => {
    expect(await run(moving, { device }).ended()).toBe(0);
    expect(readFileSync(device, 'latin1')).toMatch(/^\0{3,}V$/);
  });

  it.each([blocked, 'turns, but its client does not move', 'blocks in native code'])(
    'is fed, and left to count, when the process %s',
    async (behaviour) => {
      await run(behaviour, { device }).ended();
      expect(readFileSync(device, 'latin1')).toMatch(/^\0+$/);
    },
  );

  it('that cannot be opened is said at the start, and not made', async () => {
    const watchdog = start({ device: join(folder, 'none') });
    await expect(watchdog.started).rejects.toMatchObject({
      name: 'UsageError',
      code: 'ERR_BAD_OPTION',
      message: expect.stringMatching(/^watchdog\.device: cannot open .*none \(ENOENT\)/) as string,
    });
    await watchdog.close();
  });
});

describe('a watchdog that breaks', () => {
  it('is an uncaught exception', async () => {
    const child = run(moving, { device: '/dev/full' });
    expect(await child.ended()).toBe(1);
    expect(child.stderr).toContain('ENOSPC');
  });
});

describe('systemd', () => {
  let heard = '';
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  /** Puts a `systemd-notify` of ours in PATH; it writes its arguments into a file. */
  function standIn(script = `printf '%s\\n' "$*" >> "$NOTIFY_SOCKET"`): {
    PATH: string;
    NOTIFY_SOCKET: string;
  } {
    const bin = mkdtempSync(join(folder, 'bin-'));
    writeFileSync(join(bin, 'systemd-notify'), `#!/bin/sh\n${script}\n`);
    chmodSync(join(bin, 'systemd-notify'), 0o755);
    heard = join(bin, 'heard');
    writeFileSync(heard, '');
    return { PATH: `${bin}:${process.env['PATH'] ?? ''}`, NOTIFY_SOCKET: heard };
  }

  function stub(env: object): void {
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value as string);
  }

  const lines = () => readFileSync(heard, 'utf8').split('\n').slice(0, -1);

  it('hears that the process is ready, is fed, and hears that it stops', async () => {
    expect(await run(moving, { systemd: true }, standIn()).ended()).toBe(0);
    const [first, ...more] = lines();
    expect(first).toBe('READY=1');
    expect(more.at(-1)).toMatch(/STOPPING=1$/);
    expect(more.slice(0, -1)).toContain('WATCHDOG=1');
  });

  it('is not fed when it waits for another process', async () => {
    const env = { ...standIn(), WATCHDOG_USEC: '100000', WATCHDOG_PID: '1' };
    expect(await run(moving, { systemd: true }, env).ended()).toBe(0);
    expect(lines()).toEqual(['READY=1', 'STOPPING=1']);
  });

  it('hears of no end when the watchdog had to end the process', async () => {
    expect(await run(blocked, { systemd: true }, standIn()).ended()).toBe(WATCHDOG_EXIT_CODE);
    expect(lines()[0]).toBe('READY=1');
    expect(lines().join()).not.toContain('STOPPING');
  });

  it('shows the newest status, on one line', async () => {
    stub({ ...standIn(), WATCHDOG_PID: '1' });
    const watchdog = start({ systemd: true });
    await watchdog.started;
    watchdog.status('one');
    watchdog.status('up\nREADY=1');
    await watchdog.close();
    const all = lines().join(' ');
    expect(all).toMatch(/STATUS=up READY=1 STOPPING=1$/);
  });

  it.each([
    ['is not there', 'not in PATH', () => ({ ...standIn(), PATH: folder })],
    ['fails', 'missing socket', () => standIn('echo missing socket >&2; exit 1')],
  ])('whose systemd-notify %s is said at the start', async (_, message, env) => {
    stub(env());
    const watchdog = start({ systemd: true });
    await expect(watchdog.started).rejects.toMatchObject({
      name: 'UsageError',
      code: 'ERR_BAD_OPTION',
      message: expect.stringContaining(message) as string,
    });
    await watchdog.close();
  });

  it.each([
    ['is not confirmed', 'echo Failed to invoke barrier: Connection timed out >&2; exit 1'],
    ['does not end and is killed', 'kill -9 $$'],
  ])('whose notification %s is warned of once, and gets it again with the next', async (_, fails) => {
    stub({ ...standIn(`printf '%s\\n' "$*" >> "$NOTIFY_SOCKET"; ${fails}`), WATCHDOG_PID: '1' });
    const warnings: string[] = [];
    const watchdog = start({ systemd: true }, (message) => void warnings.push(message));
    await watchdog.started;
    await watchdog.close();
    expect(lines()).toEqual(['READY=1', 'READY=1 STOPPING=1']);
    expect(warnings).toEqual([
      expect.stringMatching(
        /^watchdog\.systemd: a notification may be lost, .* \(Command failed: systemd-notify READY=1/,
      ),
    ]);
  });

  it('whose systemd-notify fails later is no reason to end', async () => {
    const env = standIn('case "$*" in *WATCHDOG*) exit 1;; esac');
    expect(await run(moving, { systemd: true }, env).ended()).toBe(0);
  });

  describe.runIf(systemdNotify !== undefined)('with the real systemd-notify, by its socket', () => {
    it('hears the same', async () => {
      await using socket = await NotifySocket.open(join(folder, 'notify'));
      const env = { NOTIFY_SOCKET: socket.path };
      expect(await run(moving, { systemd: true }, env).ended()).toBe(0);
      const [first, ...more] = await socket.until('STOPPING=1');
      expect(first).toBe('READY=1');
      expect(more).toContain('WATCHDOG=1');
    });
  });
});
