/**
 * Looks up the addresses of a host name as the operating system does: in /etc/hosts, mDNS and DNS, in the configured order.
 *
 * The lookup runs in a child process (`getent` of the C library), because a child process can be killed. A lookup inside this
 * process would occupy a thread that cannot be interrupted. If the name servers did not answer, the process could not exit for
 * 10 s or more, not even by `process.exit`, until the C library gives up.
 */
import { execFile } from 'node:child_process';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import { promisify } from 'node:util';
import { withTimeout } from './with-timeout.js';

/** The longest time that the C library takes to query three name servers twice. */
const LONGEST_MS = 30_000;

/** Exit code of `getent` when it found no address. */
const NOT_FOUND = 2;

/**
 * Returns the addresses of a host, in the order in which to try them. Aborting kills the lookup.
 *
 * On a system without `getent` (macOS, Windows) the lookup runs inside this process. An abort then ends the wait, and the
 * lookup continues.
 *
 * @throws Error when no address is found; `signal.reason` on abort.
 */
export async function findAddresses(host: string, signal: AbortSignal): Promise<string[]> {
  signal.throwIfAborted();
  try {
    const words = (await getent(domainToASCII(host) || host, signal)).split(/\s+/);
    const addresses = new Set(words.filter((word) => isIP(word)));
    if (addresses.size > 0) return [...addresses];
  } catch (error) {
    signal.throwIfAborted();
    if (!isAnswer(error)) return findHere(host, signal);
  }
  throw new Error('the name does not exist, or no name server has answered');
}

/** True when `getent` looked for the name and found no address, or took too long. False when it could not run. */
function isAnswer(error: unknown): boolean {
  const { code, killed } = error as { code?: unknown; killed?: boolean };
  return code === NOT_FOUND || killed === true;
}

/** Looks the name up inside this process. */
async function findHere(host: string, signal: AbortSignal): Promise<string[]> {
  const found = await withTimeout(lookup(host, { all: true }), signal);
  return found.map(({ address }) => address);
}

/** Returns the output of `getent`: one line for each address and kind of socket. Each line begins with the address. */
async function getent(name: string, signal: AbortSignal): Promise<string> {
  const running = run('getent', ['ahosts', name], { timeout: LONGEST_MS, killSignal: 'SIGKILL' });
  const kill = () => running.child.kill('SIGKILL');
  signal.addEventListener('abort', kill, { once: true });
  try {
    return (await running).stdout;
  } finally {
    signal.removeEventListener('abort', kill);
  }
}

const run = promisify(execFile);
