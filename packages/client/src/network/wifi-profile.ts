/**
 * The connection profile that a client keeps in NetworkManager, one a device: it holds the name of the network and that
 * there is a password, not the password. Other settings of it, such as a fixed address, are its owner's and stay as they
 * are. It never connects by itself: the client does that, and when it leaves the network it means to.
 */
import { NmcliError } from './nmcli-error.js';
import type { Nmcli } from './nmcli.js';
import { nmcliRows } from './nmcli-output.js';

const DOES_NOT_EXIST = 10;

export interface WifiProfile {
  readonly device: string;
  readonly ssid: string;
  /** It takes a password (WPA2 or WPA3 personal); otherwise the network is open. */
  readonly secured: boolean;
}

/** Under which NetworkManager keeps our profile for the device. */
export function profileName(device: string): string {
  return `iot-client ${device}`;
}

/**
 * Makes the profile exist with these settings. One that has them already is not written again, to save the board's
 * flash.
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

/** What follows `connection add`. */
export function addProfileArgs(profile: WifiProfile): string[] {
  const { device } = profile;
  return ['type', 'wifi', 'con-name', profileName(device), 'ifname', device, ...settings(profile)];
}

/** Removes our profile for the device, if there is one. */
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

/** The name of the network that a profile is for; undefined when the profile does not exist. */
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

/** nmcli ended because the profile, device or network does not exist. */
export function isMissing(error: unknown): boolean {
  return error instanceof NmcliError && error.exitCode === DOES_NOT_EXIST;
}

async function readProfile(
  nmcli: Nmcli,
  name: string,
  signal: AbortSignal,
): Promise<(string | undefined)[] | undefined> {
  // The last has a value only if the profile has a password.
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
    // Ask for the password each time: it is not stored.
    '802-11-wireless-security.psk-flags',
    '2',
  ];
}

/** "wpa-psk" is WPA3 personal as well, where both ends can. */
function keyManagementOf({ secured }: WifiProfile): string | undefined {
  return secured ? 'wpa-psk' : undefined;
}
