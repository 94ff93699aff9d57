/**
 * Looks up the addresses of a host name, as the operating system does for every program: /etc/hosts, mDNS, DNS, in its
 * order.
 *
 * The lookup runs in a child process, `getent` of the C library, because it can be ended there. Inside this process it
 * would occupy a thread that nothing can interrupt: with name servers that do not answer, the process would stay until
 * the C library gives up, 10 s or more, even after `process.exit`.
 */
import { execFile } from 'node:child_process';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import { promisify } from 'node:util';
import { withTimeout } from './with-timeout.js';

/** As long as the C library takes at most to ask three name servers twice. */
const LONGEST_MS = 30_000;

/** Exit code of getent when it ran and has found no address. */
const NOT_FOUND = 2;

/**
 * The addresses of a host, in the order in which to try them. Aborting kills the lookup.
 *
 * Where there is no `getent` (macOS, Windows), the lookup runs inside this process: an abort ends the wait for it then,
 * and not the lookup.
 *
 * @throws Error when none is found; `signal.reason` on abort.
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

/** Whether getent has looked for the name, and not failed for another reason. */
function isAnswer(error: unknown): boolean {
  const { code, killed } = error as { code?: unknown; killed?: boolean };
  return code === NOT_FOUND || killed === true;
}

/** Inside this process. */
async function findHere(host: string, signal: AbortSignal): Promise<string[]> {
  const found = await withTimeout(lookup(host, { all: true }), signal);
  return found.map(({ address }) => address);
}

/** The output of getent: a line for each address and kind of socket, which begins with the address. */
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
