/**
 * Finds the process that listens on a port of this machine. Linux lists sockets with their inodes in
 * `/proc/net/tcp` and `tcp6`. The process is the one that has a file with this inode open.
 */
import { readdir, readFile, readlink } from 'node:fs/promises';
import { isIPv4 } from 'node:net';

const LISTENING = '0A';

export interface Listener {
  /** Undefined when the process belongs to another user. */
  readonly pid: number | undefined;
  /** The name of its program, without the arguments, which may contain a password. */
  readonly program: string | undefined;
}

/**
 * The process that listens on a port of an address of this machine. Undefined when nothing listens there.
 * Rejects on systems without `/proc/net/tcp`.
 */
export async function listenerOn(address: string, port: number): Promise<Listener | undefined> {
  const tables = [
    await readFile('/proc/net/tcp', 'latin1'),
    await readFile('/proc/net/tcp6', 'latin1').catch(() => ''),
  ];
  const places = placesOf(address, port);
  const inodes = new Set(tables.flatMap((table) => listening(table, places)));
  if (inodes.size === 0) return undefined;
  for (const name of await readdir('/proc')) {
    if (/^\d+$/.test(name) && (await hasOneOf(name, inodes))) {
      const program = await readFile(`/proc/${name}/comm`, 'utf8').catch(() => undefined);
      return { pid: Number(name), program: program?.trim() };
    }
  }
  return { pid: undefined, program: undefined };
}

/**
 * The listening addresses whose socket receives connections to `address`, in the notation of the tables:
 * hexadecimal, with the bytes of each word reversed.
 */
function placesOf(address: string, port: number): string[] {
  const own = isIPv4(address) ? wordsOf(address.split('.').map(Number)) : wordsOf(bytesOf6(address));
  const all = ['00000000', '0'.repeat(32)];
  const mapped = isIPv4(address) ? [`0000000000000000FFFF0000${own}`] : [];
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0');
  return [own, ...all, ...mapped].map((place) => `${place}:${hexPort}`);
}

function bytesOf6(address: string): number[] {
  const [head = [], tail = []] = address
    .split('::')
    .map((half) => half.split(':').filter((group) => group !== ''));
  const zeros = Array<string>(8 - head.length - tail.length).fill('0');
  return [...head, ...zeros, ...tail].flatMap((group) => [
    parseInt(group, 16) >> 8,
    parseInt(group, 16) & 255,
  ]);
}

function wordsOf(bytes: readonly number[]): string {
  const words = Array.from({ length: bytes.length / 4 }, (_, index) =>
    bytes.slice(index * 4, index * 4 + 4).reverse(),
  );
  return words
    .flat()
    .map((byte) => byte.toString(16).toUpperCase().padStart(2, '0'))
    .join('');
}

/** The inodes of the sockets that listen there. A row: number, local address, remote address, state, …, inode. */
function listening(table: string, places: readonly string[]): string[] {
  const rows = table.split('\n').slice(1);
  return rows.flatMap((row) => {
    const { 1: place = '', 3: state, 9: inode } = row.trim().split(/\s+/);
    return state === LISTENING && places.includes(place) && inode !== undefined ? [inode] : [];
  });
}

async function hasOneOf(pid: string, inodes: ReadonlySet<string>): Promise<boolean> {
  // The process may have ended, or may belong to another user.
  const files = await readdir(`/proc/${pid}/fd`).catch(() => []);
  for (const file of files) {
    const target = await readlink(`/proc/${pid}/fd/${file}`).catch(() => '');
    const [, inode] = /^socket:\[(\d+)\]$/.exec(target) ?? [];
    if (inode !== undefined && inodes.has(inode)) return true;
  }
  return false;
}
