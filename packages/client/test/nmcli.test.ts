import { execFileSync } from 'node:child_process';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { networkManager } from '../src/network/network-manager.js';
import { Nmcli } from '../src/network/nmcli.js';
import { nmcliError } from '../src/network/nmcli-error.js';
import { nmcliRows } from '../src/network/nmcli-output.js';
import {
  addProfileArgs,
  dropProfile,
  keepProfile,
  profileName,
  ssidOf,
} from '../src/network/wifi-profile.js';
import { hasBus, hasNetworkManager, hasNmcli, RealNetworkManager } from './real-network-manager.js';

const unaborted = new AbortController().signal;
const containing = (text: string): unknown => expect.stringContaining(text);
const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern);
const PASSWORD = 'correct horse';
/** No path holds a zero: Node throws, as it does for want of memory. */
const UNSTARTABLE = 'nm\0cli';
const SSIDS = ['home', 'My: Net\\x', ' sp ', 'é:日', '--help', "a'b", '""', '#;=[x]', '🛜'];

afterEach(() => vi.unstubAllEnvs());

describe('an exit code of nmcli', () => {
  it.each([
    [1, 'nmcli failed'],
    [2, 'older than'],
    [3, 'too long'],
    [4, 'password right'],
    [5, 'not ended'],
    [6, 'not disconnected'],
    [7, 'not deleted'],
    [8, 'is not running: start it'],
    [10, 'profile, device or network does not exist'],
    [65, 'name of a file'],
    [99, 'nmcli ended with 99'],
    [null, 'nmcli was killed'],
  ])('%s becomes "%s"', (code, meaning) => {
    const error = nmcliError({ purpose: 'do it', code, stderr: 'Error: one.\nError: two.\n' });
    expect(error.message).toMatch(/^cannot do it: .* \(nmcli: one\. two\.\)$/);
    expect(error.message).toContain(meaning);
    expect(error).toMatchObject({ code: 'ERR_NETWORK', exitCode: code });
  });

  it('is told without what follows a silent end, and without pages of text', () => {
    expect(nmcliError({ purpose: 'do it', code: 3, stderr: '' }).message).toBe(
      'cannot do it: it took too long',
    );
    expect(nmcliError({ purpose: 'do it', code: 3, stderr: 'x'.repeat(9999) }).message.length).toBeLessThan(
      400,
    );
  });
});

it('ends a tool that talks without end', async () => {
  const call = { purpose: 'listen', args: ['abcdefghijklmnopqrstuvwxyz'.repeat(40)] };
  await expect(new Nmcli('yes').run(call, unaborted)).rejects.toMatchObject({ exitCode: null });
});

it('says so when its start throws, rather than emits an event', async () => {
  const call = { purpose: 'look', args: [] };
  await expect(new Nmcli(UNSTARTABLE).run(call, unaborted)).rejects.toMatchObject({
    name: 'LinkError',
    code: 'ERR_NETWORK',
    message: containing('cannot be run (ERR_INVALID_ARG_VALUE): is the board short of memory'),
  });
});

it('says nothing of a monitor that was stopped before it could not be started', async () => {
  const ended = vi.fn();
  new Nmcli(UNSTARTABLE).monitor(() => {}, ended)();
  await new Promise((resolve) => setImmediate(resolve));
  expect(ended).not.toHaveBeenCalled();
});

it('says that a monitor has ended, also one that could not be started', async () => {
  for (const path of ['/nowhere/nmcli', 'false', UNSTARTABLE]) {
    await new Promise<void>((resolve) => new Nmcli(path).monitor(() => {}, resolve));
  }
});

describe.runIf(hasNmcli)('the real nmcli', () => {
  it.each(SSIDS)(
    'takes our arguments for the network %j, and makes the profile of them that is meant',
    (ssid) => {
      const args = addProfileArgs({ device: 'wlan0', ssid, secured: true });
      const lines = execFileSync('nmcli', ['--offline', 'connection', 'add', ...args], {
        encoding: 'utf8',
      }).split('\n');
      expect(lines).toEqual(
        expect.arrayContaining(['id=iot-client wlan0', 'interface-name=wlan0', 'autoconnect=false']),
      );
      expect(lines).toEqual(expect.arrayContaining(['key-mgmt=wpa-psk', 'psk-flags=2']));
      expect(lines.filter((line) => line.startsWith('psk='))).toEqual([]);
    },
  );

  it('without a message bus, NetworkManager is not running', async () => {
    vi.stubEnv('DBUS_SYSTEM_BUS_ADDRESS', 'unix:path=/nowhere');
    const looked = networkManager({ ssid: 'home', password: PASSWORD }).isConnected(unaborted);
    await expect(looked).rejects.toMatchObject({ code: 'ERR_NETWORK', exitCode: 8 });
  });
});

describe.runIf(hasBus)('the real nmcli with a message bus', () => {
  it('says that NetworkManager is not running', async () => {
    await using bus = await RealNetworkManager.bus();
    vi.stubEnv('DBUS_SYSTEM_BUS_ADDRESS', bus.address);
    const looked = networkManager({ ssid: 'home', password: PASSWORD }).isConnected(unaborted);
    await expect(looked).rejects.toMatchObject({
      exitCode: 8,
      message: matching(
        /NetworkManager is not running: start it .*\(nmcli: NetworkManager is not running\.\)/,
      ),
    });
  });
});

describe.runIf(hasNetworkManager)('the real NetworkManager', () => {
  const nmcli = new Nmcli('nmcli');
  const run = (...args: string[]) => nmcli.run({ purpose: 'look', args }, unaborted);
  const profiles = async () =>
    nmcliRows(await run('-t', '-e', 'yes', '-f', 'UUID,TYPE,NAME', 'connection', 'show'));
  const ours = async () => (await profiles()).filter(([, , name]) => name === profileName('wlan0'));
  const profile = { device: 'wlan0', ssid: 'home', secured: true };
  let daemon: RealNetworkManager;

  beforeAll(async () => {
    daemon = await RealNetworkManager.start();
  });
  afterAll(() => daemon[Symbol.asyncDispose]());
  beforeEach(async () => {
    vi.stubEnv('DBUS_SYSTEM_BUS_ADDRESS', daemon.address);
    await dropProfile(nmcli, 'wlan0', unaborted);
  });

  it.each(SSIDS)('keeps a profile for the network %j, whose name reads as it was given', async (ssid) => {
    await keepProfile(nmcli, { ...profile, ssid }, unaborted);
    const [[uuid = ''] = []] = await ours();
    expect(await ssidOf(nmcli, uuid, unaborted)).toBe(ssid);
  });

  it('keeps one profile, as it is while nothing changes, and otherwise changed', async () => {
    const fields = '802-11-wireless.ssid,connection.autoconnect,802-11-wireless-security.psk-flags';
    const show = () => run('-g', fields, 'connection', 'show', 'id', profileName('wlan0'));
    await keepProfile(nmcli, profile, unaborted);
    expect(await show()).toBe('home\nno\n2\n');
    const asked = vi.spyOn(nmcli, 'run');
    await keepProfile(nmcli, profile, unaborted);
    expect(asked).toHaveBeenCalledTimes(1);
    await keepProfile(nmcli, { ...profile, secured: false }, unaborted);
    expect(await show()).toBe('home\nno\n');
    await keepProfile(nmcli, { ...profile, ssid: 'é:日' }, unaborted);
    expect(await show()).toBe('é\\:日\nno\n2\n');
    expect(await ours()).toHaveLength(1);
    vi.restoreAllMocks();
  });

  it('reads the password that it is given, and fails for want of a device', async () => {
    await keepProfile(nmcli, profile, unaborted);
    const args = ['connection', 'up', 'id', profileName('wlan0'), 'passwd-file', '/dev/stdin'];
    await expect(
      nmcli.run({ purpose: 'connect', args, password: PASSWORD }, unaborted),
    ).rejects.toMatchObject({
      exitCode: 4,
      message: containing('No suitable device'),
    });
  });

  it('has no WiFi device: not connected, nothing to leave, and no way to connect', async () => {
    const network = networkManager({ ssid: 'home', password: PASSWORD });
    expect(await network.isConnected(unaborted)).toBe(false);
    await network.disconnect(unaborted);
    await expect(network.connect(unaborted)).rejects.toThrow('no WiFi device');
    const named = networkManager({ ssid: 'home', password: PASSWORD, device: 'wlan0' });
    expect(await named.isConnected(unaborted)).toBe(false);
    await named.disconnect(unaborted);
    await expect(named.connect(unaborted)).rejects.toMatchObject({
      exitCode: 4,
      message: containing("device 'wlan0' not found for connection"),
    });
  });

  it('knows no network, and says so', async () => {
    await expect(networkManager({ device: 'wlan0' }).connect(unaborted)).rejects.toThrow('no known network');
  });

  it('says something to a monitor at its start', async () => {
    let stop = () => {};
    await new Promise<void>((resolve, reject) => {
      stop = nmcli.monitor(resolve, () => reject(new Error('it ended')));
    });
    stop();
  });
});
