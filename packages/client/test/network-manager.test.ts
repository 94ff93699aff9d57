import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { networkManager, type NetworkManagerOptions } from '../src/network/network-manager.js';
import { knownProfile, NmcliStandIn, type NmcliState } from './nmcli-stand-in.js';

const unaborted = new AbortController().signal;
const containing = (text: string): unknown => expect.stringContaining(text);
const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern);
const PASSWORD = 'correct horse';

const eventually = { timeout: 300_000 };

let nmcli: NmcliStandIn;
const started: NmcliStandIn[] = [];

const start = (state: Partial<NmcliState> = {}) => {
  nmcli = new NmcliStandIn(state);
  started.push(nmcli);
};
const manager = (options: NetworkManagerOptions = {}) => networkManager({ nmcli: nmcli.path, ...options });
const atHome = (options: NetworkManagerOptions = {}) =>
  manager({ ssid: 'home', password: PASSWORD, ...options });

beforeEach(() => {
  start();
});
afterEach(() => {
  for (const it of started.splice(0)) it[Symbol.dispose]();
  vi.unstubAllEnvs();
});

describe('connecting with credentials', () => {
  it('adds a profile that does not connect by itself, and brings it up', async () => {
    const network = atHome();
    expect(network.hasCredentials).toBe(true);
    expect(await network.isConnected(unaborted)).toBe(false);
    await network.connect(unaborted);
    expect(await network.isConnected(unaborted)).toBe(true);
    expect(nmcli.commands).toEqual([
      'connection add type wifi con-name iot-client wlan0 ifname wlan0 802-11-wireless.ssid home ' +
        'connection.autoconnect no 802-11-wireless-security.key-mgmt wpa-psk 802-11-wireless-security.psk-flags 2',
      'connection up id iot-client wlan0 ifname wlan0 passwd-file /dev/stdin',
    ]);
  });

  it('gives the password on standard input, and nowhere else', async () => {
    vi.stubEnv('PW', PASSWORD);
    await atHome().connect(unaborted);
    const withInput = nmcli.calls.filter(({ stdin }) => stdin !== '');
    expect(withInput.map(({ stdin }) => stdin)).toEqual([`802-11-wireless-security.psk:${PASSWORD}\n`]);
    const elsewhere = nmcli.calls.map(({ args, env }) => ({ args, env }));
    expect(JSON.stringify([elsewhere, nmcli.state.profiles])).not.toContain(PASSWORD);
  });

  it('speaks to nmcli in plain English and UTF-8, and hands on no other environment than it needs', async () => {
    vi.stubEnv('LC_ALL', 'de_DE');
    vi.stubEnv('DBUS_SYSTEM_BUS_ADDRESS', 'unix:path=/nowhere');
    await atHome().isConnected(unaborted);
    expect(nmcli.calls[0]?.env).toEqual({
      PATH: process.env['PATH'],
      LC_ALL: 'C.UTF-8',
      DBUS_SYSTEM_BUS_ADDRESS: 'unix:path=/nowhere',
    });
  });

  it.each([
    ['a\\b:c#d "e"', 'a\\\\b:c#d "e"'],
    [' with spaces  ', '\\040with spaces \\040'],
  ])('writes the password %j so that nmcli reads it again', async (password, written) => {
    start({ networks: { home: written } });
    await atHome({ password }).connect(unaborted);
    expect(await atHome().isConnected(unaborted)).toBe(true);
  });

  it('refuses a misspelt password, and does not take the network for an open one', () => {
    expect(() => manager({ ssid: 'home', pasword: PASSWORD } as object)).toThrow(
      'there is no option pasword: is it password?',
    );
  });

  it('takes a network without a password', async () => {
    start({ networks: { open: '' } });
    const network = manager({ ssid: 'open' });
    await network.connect(unaborted);
    expect(await network.isConnected(unaborted)).toBe(true);
    expect(nmcli.commands.join('\n')).not.toMatch(/security|passwd-file/);
  });

  it('uses its profile again, unwritten', async () => {
    await atHome().connect(unaborted);
    await atHome().connect(unaborted);
    expect(nmcli.commands.filter((call) => /add|modify/.test(call))).toHaveLength(1);
    expect(nmcli.state.profiles).toHaveLength(1);
  });

  it.each([
    ['another ssid', { ssid: 'My: Net\\x' }],
    ['no password any more', { ssid: 'home', password: '' }],
  ])('changes its profile to %s', async (_, options) => {
    start({ networks: { home: PASSWORD, 'My: Net\\x': PASSWORD } });
    await atHome().connect(unaborted);
    await atHome(options).connect(unaborted);
    await atHome(options).connect(unaborted);
    expect(nmcli.state.profiles).toHaveLength(1);
    expect(nmcli.state.profiles[0]?.['802-11-wireless.ssid']).toBe(options.ssid);
    expect(nmcli.commands.filter((call) => call.includes('modify'))).toHaveLength(2);
    expect(await atHome(options).isConnected(unaborted)).toBe(true);
  });

  it('secures its profile, and keeps it from connecting by itself, when it finds it otherwise', async () => {
    await manager({ ssid: 'home' }).connect(unaborted);
    const [profile] = nmcli.state.profiles;
    nmcli.change({ profiles: [{ ...profile, 'connection.autoconnect': 'yes' }] });
    await atHome().connect(unaborted);
    expect(nmcli.state.profiles).toEqual([
      expect.objectContaining({
        'connection.autoconnect': 'no',
        '802-11-wireless-security.key-mgmt': 'wpa-psk',
      }),
    ]);
  });

  it('is not connected on another network than its own', async () => {
    start({ profiles: [knownProfile('cafe')] });
    nmcli.setConnected(0);
    expect(await atHome().isConnected(unaborted)).toBe(false);
    expect(await manager({ ssid: 'cafe' }).isConnected(unaborted)).toBe(true);
  });

  it('uses the device that it is given', async () => {
    start({ device: { name: 'wlan7', state: 30, profile: '' } });
    await atHome({ device: 'wlan7' }).connect(unaborted);
    expect(nmcli.commands.at(-1)).toContain('ifname wlan7');
    expect(await atHome({ device: 'wlan8' }).isConnected(unaborted)).toBe(false);
    await expect(atHome({ device: 'wlan8' }).connect(unaborted)).rejects.toMatchObject({ exitCode: 4 });
  });
});

describe('connecting without credentials', () => {
  it('takes a network that the operating system knows', async () => {
    start({ profiles: [knownProfile('home')] });
    const network = manager({ ssid: '', password: '' });
    expect(network.hasCredentials).toBe(false);
    await network.connect(unaborted);
    expect(await network.isConnected(unaborted)).toBe(true);
    expect(nmcli.commands).toEqual(['connection delete id iot-client wlan0', 'device connect wlan0']);
  });

  it('fails when it knows none, not counting our own whose password it does not have', async () => {
    await atHome().connect(unaborted);
    await expect(manager().connect(unaborted)).rejects.toMatchObject({
      code: 'ERR_NETWORK',
      message: containing('no credentials and no known network'),
    });
    expect(nmcli.state.profiles).toEqual([]);
  });
});

describe('leaving', () => {
  it('disconnects the device', async () => {
    const network = atHome();
    await network.connect(unaborted);
    await network.disconnect(unaborted);
    expect(await network.isConnected(unaborted)).toBe(false);
    expect(nmcli.commands.at(-1)).toBe('device disconnect wlan0');
  });

  it('does nothing when not connected, or without a device', async () => {
    await atHome().disconnect(unaborted);
    start({ device: undefined as never });
    await atHome().disconnect(unaborted);
    await atHome({ device: 'wlan0' }).disconnect(unaborted);
    expect(nmcli.commands).toEqual([]);
  });

  it('says so when the device stays connected', async () => {
    await atHome().connect(unaborted);
    nmcli.change({ failure: { of: 'device disconnect', code: 6, message: 'not all devices disconnected.' } });
    await expect(atHome().disconnect(unaborted)).rejects.toMatchObject({ code: 'ERR_NETWORK', exitCode: 6 });
  });
});

describe('what goes wrong', () => {
  it('a machine without a WiFi device is not connected, and cannot be', async () => {
    start({ device: undefined as never });
    expect(await atHome().isConnected(unaborted)).toBe(false);
    await expect(atHome().connect(unaborted)).rejects.toMatchObject({
      code: 'ERR_NETWORK',
      message: containing('no WiFi device'),
    });
  });

  it('a wrong password is told without showing it', async () => {
    const wrong = 'battery staple';
    const error: unknown = await atHome({ password: wrong })
      .connect(unaborted)
      .catch((it: unknown) => it);
    expect(error).toMatchObject({ code: 'ERR_NETWORK', exitCode: 4 });
    expect((error as Error).message).toContain('is it in reach, and the password right? (nmcli: Connection');
    expect((error as Error).message).toContain('Secrets were required, but not provided: …');
    expect(inspect(error, { showHidden: true, depth: Infinity })).not.toContain(wrong);
  });

  it('says that NetworkManager is not running', async () => {
    start({ running: false });
    await expect(atHome().isConnected(unaborted)).rejects.toMatchObject({
      code: 'ERR_NETWORK',
      message: containing('NetworkManager is not running: start it'),
    });
  });

  it.each(['/nowhere/nmcli', '/dev/null'])('says what to install when %s cannot be run', async (path) => {
    await expect(manager({ nmcli: path }).isConnected(unaborted)).rejects.toMatchObject({
      code: 'ERR_NETWORK',
      message: matching(/^\/.*: install NetworkManager/),
    });
  });

  it.each([
    ['isConnected', 'device status'],
    ['connect', 'connection up'],
    ['disconnect', 'device disconnect'],
  ] as const)('aborted, %s rejects with the reason, and its child is dead by then', async (method, call) => {
    await atHome().connect(unaborted);
    nmcli.change({ hang: call });
    const controller = new AbortController();
    const seen = nmcli.calls.length;
    const isHanging = () => nmcli.calls.slice(seen).find(({ args }) => args.join(' ').includes(call));
    const result = atHome()[method](controller.signal);
    result.catch(() => undefined);
    const child = await vi.waitUntil(isHanging, eventually);
    expect(isRunning(child.pid)).toBe(true);
    controller.abort('enough');
    await expect(result).rejects.toBe('enough');
    expect(isRunning(child.pid)).toBe(false);
  });

  it('aborted before, starts nothing', async () => {
    await expect(atHome().connect(AbortSignal.abort('enough'))).rejects.toBe('enough');
    expect(nmcli.calls).toEqual([]);
  });

  it.each([
    [{ ssid: 'x'.repeat(33) }, 'ssid'],
    [{ ssid: 'é'.repeat(17) }, 'ssid'],
    [{ ssid: 'a\nb' }, 'ssid'],
    [{ ssid: 'home', password: 'seven77' }, 'password'],
    [{ ssid: 'home', password: 'x'.repeat(64) }, 'password'],
    [{ ssid: 'home', password: 'two\nlines' }, 'password'],
    [{ ssid: 'home', password: 12345678 as never }, 'password'],
    [{ password: PASSWORD }, 'password'],
    [{ device: '--help' }, 'device'],
    [{ device: 'a/b' }, 'device'],
    [{ nmcli: '' }, 'nmcli'],
  ])('refuses %j', (options, name) => {
    const refused = expect(() => networkManager(options));
    refused.toThrow(expect.objectContaining({ code: 'ERR_BAD_OPTION', message: containing(name) }));
    const { password } = options as { password?: string };
    if (password !== undefined) refused.not.toThrow(new RegExp(password));
  });

  it('takes a key of 64 hexadecimal digits, and the longest ssid and password', () => {
    networkManager({ ssid: 'x'.repeat(32), password: '0123456789abcdefABCDEF'.padEnd(64, '0') });
    networkManager({ ssid: 'é'.repeat(16), password: 'x'.repeat(63) });
  });
});

describe('changes', () => {
  /** Changes as they are told, and a promise of each. */
  function listen(network: ReturnType<typeof networkManager>) {
    const told: boolean[] = [];
    let wake = () => {};
    const off = network.onChange((connected) => {
      told.push(connected);
      wake();
    });
    const until = async (count: number) => {
      while (told.length < count) await new Promise<void>((resolve) => (wake = resolve));
      return told;
    };
    return { off, until };
  }

  const monitors = () => nmcli.calls.filter(({ args }) => args[0] === 'monitor');

  it('are reported as the network goes and comes, until the last listener is removed', async () => {
    await atHome().connect(unaborted);
    const { off, until } = listen(atHome());
    nmcli.setConnected(undefined);
    expect(await until(1)).toEqual([false]);
    nmcli.setConnected(0);
    expect(await until(2)).toEqual([false, true]);
    off();
    const [monitor] = monitors();
    await vi.waitUntil(() => !isRunning(monitor?.pid), eventually);
    expect(monitors()).toHaveLength(1);
  });

  it('are told by a new monitor when the first is killed', async () => {
    await atHome().connect(unaborted);
    const { off, until } = listen(atHome());
    nmcli.setConnected(undefined);
    await until(1);
    process.kill(monitors()[0]?.pid ?? NaN, 'SIGKILL');
    nmcli.setConnected(0);
    expect(await until(2)).toEqual([false, true]);
    expect(monitors()).toHaveLength(2);
    off();
  });
});

/** A child that has ended and was waited for is no process any more. */
function isRunning(pid: number | undefined): boolean {
  try {
    return process.kill(pid ?? NaN, 0);
  } catch {
    return false;
  }
}
