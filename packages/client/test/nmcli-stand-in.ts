import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What the stand-in believes to be the machine. */
export interface NmcliState {
  running: boolean;
  device?: { name: string; state: number; profile: string };
  profiles: Record<string, string>[];
  /** Networks in reach, each with its password; empty for none. */
  networks: Record<string, string>;
  /** A call whose arguments contain this does not end by itself. */
  hang?: string;
  /** A call whose arguments contain `of` fails. */
  failure?: { of: string; code: number; message: string };
}

export interface NmcliCallSeen {
  readonly pid: number;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: string;
}

/** An nmcli of its own, with what it keeps, until it is disposed of. */
export class NmcliStandIn implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'nmcli-'));
  /** Of the executable. */
  readonly path = join(this.#folder, 'nmcli');

  constructor(state: Partial<NmcliState> = {}) {
    copyFileSync(fileURLToPath(new URL('nmcli-stand-in.cjs', import.meta.url)), this.path);
    this.#write({
      running: true,
      device: { name: 'wlan0', state: 30, profile: '' },
      profiles: [],
      networks: { home: 'correct horse' },
      ...state,
    });
  }

  get state(): NmcliState {
    return JSON.parse(readFileSync(join(this.#folder, 'state.json'), 'utf8')) as NmcliState;
  }

  /** What happens to the machine besides our calls. */
  change(changes: Partial<NmcliState>): void {
    this.#write({ ...this.state, ...changes });
  }

  /** The device is connected with the profile of this number, or not at all. */
  setConnected(profile: number | undefined): void {
    const uuid = profile === undefined ? '' : (this.state.profiles[profile]?.['uuid'] ?? '');
    this.change({ device: { name: 'wlan0', state: uuid === '' ? 30 : 100, profile: uuid } });
  }

  get calls(): NmcliCallSeen[] {
    const file = join(this.#folder, 'calls.jsonl');
    if (!existsSync(file)) return [];
    const lines = readFileSync(file, 'utf8').trim().split('\n');
    return lines.map((line) => JSON.parse(line) as NmcliCallSeen);
  }

  /** The calls that change something. */
  get commands(): string[] {
    return this.calls
      .map(({ args }) => args.join(' '))
      .filter((call) => !/^(?:--get-values|monitor)/.test(call));
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #write(state: NmcliState): void {
    const file = join(this.#folder, 'state.json');
    writeFileSync(`${file}.new`, JSON.stringify(state));
    renameSync(`${file}.new`, file);
  }
}

/** A profile that somebody else made. */
export const knownProfile = (ssid: string) => ({
  name: ssid,
  uuid: `known-${ssid}`,
  type: '802-11-wireless',
  '802-11-wireless.ssid': ssid,
  'connection.autoconnect': 'yes',
});
