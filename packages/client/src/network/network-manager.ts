/**
 * A `Network` for Linux boards with NetworkManager. It uses the command-line tool `nmcli`. A profile is the record in which
 * NetworkManager keeps the settings of one network.
 */
import { LinkError, UsageError } from '@iot/framing';
import { requireKnownOptions } from '@iot/qos/internal';
import type { Network } from './network.js';
import { NetworkWatch } from './watch.js';
import { Nmcli } from './nmcli.js';
import { nmcliRows } from './nmcli-output.js';
import { dropProfile, isMissing, keepProfile, profileName, ssidOf } from './wifi-profile.js';

export interface NetworkManagerOptions {
  /** Name of the WiFi network, 1 to 32 bytes. Default: any network that the operating system knows. */
  readonly ssid?: string | undefined;
  /**
   * Password of the network: 8 to 63 bytes, or the key itself in 64 hexadecimal digits. Default: the network is open. The
   * password is passed to NetworkManager at each connection, and is not stored.
   */
  readonly password?: string | undefined;
  /** Name of the WiFi device, such as wlan0. Default: the first one that NetworkManager lists. */
  readonly device?: string | undefined;
  /** Path of the executable `nmcli`, or its name in PATH. Default nmcli. */
  readonly nmcli?: string | undefined;
}

/**
 * Makes a `Network` that NetworkManager connects and disconnects. An empty `ssid` or `password` counts as not given.
 *
 * With `ssid`, this network keeps one profile in NetworkManager, named "iot-client" and the device. NetworkManager does not
 * connect this profile by itself. Without `ssid`, this network connects to any network for which NetworkManager already has a
 * profile. While there are listeners, `nmcli monitor` runs and reports changes.
 *
 * @throws UsageError `ERR_BAD_OPTION`.
 */
export function networkManager(options: NetworkManagerOptions = {}): Network {
  return new NetworkManager(checkOptions(options));
}

type Settings = ReturnType<typeof checkOptions>;

interface DeviceState {
  readonly state: number;
  /** UUID of the profile that is active on the device; empty if there is none. */
  readonly profile: string;
}

/** States of a device, by the numbers of NetworkManager. */
const DISCONNECTED = 30;
const CONNECTED = 100;

class NetworkManager implements Network {
  readonly hasCredentials: boolean;
  readonly #settings: Settings;
  readonly #nmcli: Nmcli;
  readonly #watch: NetworkWatch;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.hasCredentials = settings.ssid !== undefined;
    this.#nmcli = new Nmcli(settings.nmcli);
    this.#watch = new NetworkWatch({
      monitor: (onOutput, onEnd) => this.#nmcli.monitor(onOutput, onEnd),
      isConnected: (signal) => this.isConnected(signal),
    });
  }

  async isConnected(signal: AbortSignal): Promise<boolean> {
    const device = await this.#device(signal);
    if (device === undefined) return false;
    const { state, profile } = await this.#state(device, signal);
    if (state !== CONNECTED) return false;
    const { ssid } = this.#settings;
    return ssid === undefined || (await ssidOf(this.#nmcli, profile, signal)) === ssid;
  }

  async connect(signal: AbortSignal): Promise<void> {
    const device = await this.#device(signal);
    if (device === undefined) {
      throw new LinkError(
        'ERR_NETWORK',
        'NetworkManager lists no WiFi device: is it plugged in, and its driver loaded?',
      );
    }
    const { ssid, password } = this.#settings;
    if (ssid === undefined) return this.#connectKnown(device, signal);
    await keepProfile(this.#nmcli, { device, ssid, secured: password !== undefined }, signal);
    const args = ['connection', 'up', 'id', profileName(device), 'ifname', device];
    if (password !== undefined) args.push('passwd-file', '/dev/stdin');
    await this.#nmcli.run({ purpose: `connect ${device} to "${ssid}"`, args, password }, signal);
  }

  async disconnect(signal: AbortSignal): Promise<void> {
    const device = await this.#device(signal);
    if (device === undefined || !(await this.#isActive(device, signal))) return;
    try {
      await this.#nmcli.run(
        { purpose: `disconnect ${device}`, args: ['device', 'disconnect', device] },
        signal,
      );
    } catch (error) {
      signal.throwIfAborted();
      // The network may have been disconnected meanwhile for another reason.
      if (await this.#isActive(device, signal)) throw error;
    }
  }

  onChange(listener: (connected: boolean) => void): () => void {
    return this.#watch.onChange(listener);
  }

  async #connectKnown(device: string, signal: AbortSignal): Promise<void> {
    // A profile from an earlier run with `ssid` is removed: NetworkManager would choose it, and has no password for it.
    await dropProfile(this.#nmcli, device, signal);
    const types = await this.#ask('list the known networks', ['TYPE', 'connection', 'show'], signal);
    if (!types.some(([type]) => type === '802-11-wireless')) {
      throw new LinkError(
        'ERR_NETWORK',
        'no credentials and no known network: give ssid and password, or add a network with nmcli device wifi connect',
      );
    }
    const args = ['device', 'connect', device];
    await this.#nmcli.run({ purpose: `connect ${device} to a known network`, args }, signal);
  }

  async #device(signal: AbortSignal): Promise<string | undefined> {
    if (this.#settings.device !== undefined) return this.#settings.device;
    const devices = await this.#ask('find the WiFi device', ['DEVICE,TYPE', 'device', 'status'], signal);
    return devices.find(([, type]) => type === 'wifi')?.[0];
  }

  async #isActive(device: string, signal: AbortSignal): Promise<boolean> {
    return (await this.#state(device, signal)).state > DISCONNECTED;
  }

  /** The state of a device. A device that does not exist counts as not connected. */
  async #state(device: string, signal: AbortSignal): Promise<DeviceState> {
    try {
      const question = ['GENERAL.STATE,GENERAL.CON-UUID', 'device', 'show', device];
      const [state, profile] = await this.#ask(`look at ${device}`, question, signal);
      // As in "100 (connected)".
      return { state: Number.parseInt(state?.[0] ?? '', 10), profile: profile?.[0] ?? '' };
    } catch (error) {
      if (isMissing(error)) return { state: 0, profile: '' };
      throw error;
    }
  }

  async #ask(purpose: string, question: readonly string[], signal: AbortSignal): Promise<string[][]> {
    return nmcliRows(await this.#nmcli.run({ purpose, args: ['--get-values', ...question] }, signal));
  }
}

function checkOptions(options: NetworkManagerOptions) {
  // Without this check, a misspelt option `password` would connect to the network as an open one.
  requireKnownOptions(options, ['ssid', 'password', 'device', 'nmcli']);
  const { ssid = '', password = '', device = '', nmcli = 'nmcli' } = options;
  checkText('ssid', ssid, (text) => Buffer.byteLength(text) <= 32, '1 to 32 bytes');
  checkText('password', password, isPassword, '8 to 63 bytes, or 64 hexadecimal digits');
  checkText(
    'device',
    device,
    (text) => /^(?:[^\s/-][^\s/]{0,14})?$/.test(text),
    'the name of a network device',
  );
  checkText('nmcli', nmcli, (text) => text !== '', 'the path of an executable');
  if (password !== '' && ssid === '')
    throw new UsageError('ERR_BAD_OPTION', 'password needs ssid, the name of its network');
  const given = (text: string) => (text === '' ? undefined : text);
  return { ssid: given(ssid), password: given(password), device: given(device), nmcli };
}

/** The message never contains the value, because it may be the password. */
function checkText(name: string, value: unknown, isGood: (text: string) => boolean, rule: string): void {
  // eslint-disable-next-line no-control-regex -- control characters are not allowed in an argument or in a file of lines
  const isText = typeof value === 'string' && value.isWellFormed() && !/[\u0000-\u001f\u007f]/.test(value);
  if (isText && isGood(value)) return;
  throw new UsageError('ERR_BAD_OPTION', `${name} must be ${rule}, without control characters`);
}

function isPassword(text: string): boolean {
  const bytes = Buffer.byteLength(text);
  return text === '' || (bytes >= 8 && bytes <= 63) || /^[0-9a-f]{64}$/i.test(text);
}
