/**
 * The profile that a client keeps in NetworkManager, one for each device. It contains the name of the network, and whether the
 * network has a password, but not the password. Other settings of the profile, such as a fixed address, are not changed.
 * NetworkManager does not connect the profile by itself, because it would then undo every disconnect of the client.
 */
import { NmcliError } from './nmcli-error.js';
import type { Nmcli } from './nmcli.js';
import { nmcliRows } from './nmcli-output.js';

const DOES_NOT_EXIST = 10;

export interface WifiProfile {
  readonly device: string;
  readonly ssid: string;
  /** True when the network has a password (WPA2 or WPA3 personal). False for an open network. */
  readonly secured: boolean;
}

/** The name of the client's profile for the device. */
export function profileName(device: string): string {
  return `iot-client ${device}`;
}

/**
 * Creates the profile, or changes it to these settings. If it already has them, it is not written, to reduce wear of the
 * board's flash memory.
 */
export async function keepProfile(nmcli: Nmcli, profile: WifiProfile, signal: AbortSignal): Promise<void> {
  const name = profileName(profile.device);
  const run = (...args: string[]) =>
    nmcli.run({ purpose: `keep the profile "${name}"`, args: ['connection', ...args] }, signal);
  const found = await readProfile(nmcli, name, signal);
  if (found === undefined) {
    await run('add', ...addProfileArgs(profile));
    return;
  }
  const [ssid, autoconnect, keyManagement] = found;
  if (ssid === profile.ssid && autoconnect === 'no' && keyManagement === keyManagementOf(profile)) return;
  if (keyManagement !== undefined) await run('modify', 'id', name, 'remove', '802-11-wireless-security');
  await run('modify', 'id', name, ...settings(profile));
}

/** The arguments after `connection add`. */
export function addProfileArgs(profile: WifiProfile): string[] {
  const { device } = profile;
  return ['type', 'wifi', 'con-name', profileName(device), 'ifname', device, ...settings(profile)];
}

/** Removes the client's profile for the device, if there is one. */
export async function dropProfile(nmcli: Nmcli, device: string, signal: AbortSignal): Promise<void> {
  const name = profileName(device);
  try {
    await nmcli.run(
      { purpose: `remove the profile "${name}"`, args: ['connection', 'delete', 'id', name] },
      signal,
    );
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

/** The name of the network of a profile; undefined if the profile does not exist. */
export async function ssidOf(nmcli: Nmcli, uuid: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    const args = ['--get-values', '802-11-wireless.ssid', 'connection', 'show', 'uuid', uuid];
    const [row] = nmcliRows(await nmcli.run({ purpose: `look at the profile ${uuid}`, args }, signal));
    return row?.[0];
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** True when nmcli failed because the profile, device or network does not exist. */
export function isMissing(error: unknown): boolean {
  return error instanceof NmcliError && error.exitCode === DOES_NOT_EXIST;
}

async function readProfile(
  nmcli: Nmcli,
  name: string,
  signal: AbortSignal,
): Promise<(string | undefined)[] | undefined> {
  // The last field has a value only if the network of the profile has a password.
  const fields = '802-11-wireless.ssid,connection.autoconnect,802-11-wireless-security.key-mgmt';
  const args = ['--get-values', fields, 'connection', 'show', 'id', name];
  try {
    return nmcliRows(await nmcli.run({ purpose: `look at the profile "${name}"`, args }, signal)).map(
      ([it]) => it,
    );
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function settings(profile: WifiProfile): string[] {
  const common = ['802-11-wireless.ssid', profile.ssid, 'connection.autoconnect', 'no'];
  const keyManagement = keyManagementOf(profile);
  if (keyManagement === undefined) return common;
  return [
    ...common,
    '802-11-wireless-security.key-mgmt',
    keyManagement,
    // 2: NetworkManager asks for the password at each connection, and does not store it.
    '802-11-wireless-security.psk-flags',
    '2',
  ];
}

/** "wpa-psk" also includes WPA3 personal, if both ends support it. */
function keyManagementOf({ secured }: WifiProfile): string | undefined {
  return secured ? 'wpa-psk' : undefined;
}
