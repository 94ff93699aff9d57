/**
 * The real NetworkManager, as far as a machine without WiFi goes: with a message bus of its own, and in namespaces of its
 * own, so that it sees nothing of this machine's network.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';

const DAEMON = '/usr/sbin/NetworkManager';

export const hasNmcli = spawnSync('nmcli', ['--version']).status === 0;
export const hasBus = hasNmcli && spawnSync('dbus-daemon', ['--version']).status === 0;
const own = ['--net', '--mount', '--uts'];
export const hasNetworkManager =
  hasBus && existsSync(DAEMON) && spawnSync('unshare', [...own, 'true']).status === 0;

const BUS = (
  path: string,
) => `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
  "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path=${path}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/><allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/>
  </policy>
</busconfig>`;

const CONFIG = (profiles: string) => `[main]
plugins=keyfile
auth-polkit=false
dns=none
rc-manager=unmanaged
hostname-mode=none
[keyfile]
path=${profiles}`;

export class RealNetworkManager implements AsyncDisposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'nm-'));
  readonly #children: ChildProcess[] = [];
  readonly address = `unix:path=${join(this.#folder, 'bus')}`;

  /** A bus to which nothing is connected yet. */
  static async bus(): Promise<RealNetworkManager> {
    const it = new RealNetworkManager();
    const config = it.#file('bus.conf', BUS(join(it.#folder, 'bus')));
    const daemon = spawn(
      'dbus-daemon',
      [`--config-file=${config}`, '--nofork', '--nopidfile', '--print-address'],
      {
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    );
    it.#children.push(daemon);
    // It listens once it says where.
    await once(daemon.stdout, 'data');
    return it;
  }

  static async start(): Promise<RealNetworkManager> {
    const it = await RealNetworkManager.bus();
    const profiles = join(it.#folder, 'profiles');
    mkdirSync(profiles);
    const empty = join(it.#folder, 'none');
    const run = [
      'mount --make-rprivate /',
      'mkdir -p /run/NetworkManager /var/lib/NetworkManager',
      'mount -t tmpfs none /run/NetworkManager',
      'mount -t tmpfs none /var/lib/NetworkManager',
      `exec ${DAEMON} --no-daemon --config=${it.#file('nm.conf', CONFIG(profiles))} --config-dir=${empty} ` +
        `--system-config-dir=${empty} --state-file=${join(it.#folder, 'state')} --pid-file=${join(it.#folder, 'pid')}`,
    ];
    const env = { ...process.env, DBUS_SYSTEM_BUS_ADDRESS: it.address };
    it.#children.push(spawn('unshare', [...own, 'sh', '-c', run.join(' && ')], { env, stdio: 'ignore' }));
    const running = () => spawnSync('nmcli', ['-g', 'RUNNING', 'general'], { env, encoding: 'utf8' }).stdout;
    try {
      await vi.waitUntil(() => running() === 'running\n', { timeout: 300_000, interval: 100 });
    } catch (error) {
      await it[Symbol.asyncDispose]();
      throw error;
    }
    return it;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children.reverse()) {
      const ended = once(child, 'exit');
      child.kill();
      await ended;
    }
    rmSync(this.#folder, { recursive: true });
  }

  #file(name: string, text: string): string {
    const path = join(this.#folder, name);
    writeFileSync(path, text);
    return path;
  }
}
