/** Whether a server can be reached, speaks the protocol, and answers fast enough for the timeout. */
import { lookup } from 'node:dns/promises';
import { connect as dial } from 'node:net';
import { networkInterfaces } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, LinkError, type PeerError, type TlsConnectOptions } from '@iot/client';
import { codeOf, findings, type Finding } from './finding.js';
import { listenerOn, type Listener } from './listeners.js';

export interface Target {
  readonly host: string;
  readonly port: number;
  /** That of all ends, in ms. */
  readonly timeout: number;
  readonly tls: TlsConnectOptions | undefined;
  /** The id of the hello: one that no client has. */
  readonly id: string;
}

/** Round trips in a timeout that bears a network that is slow for a moment. */
const ROUND_TRIPS = 10;

/** Longer than this a server that is asked for its version does not take, even where the timeout is a minute. */
const MOST_SILENCE_MS = 1000;

/** The address of a host, if it is this machine. */
export async function localAddress(host: string): Promise<string | undefined> {
  const { address } = await lookup(host).catch(() => ({ address: '' }));
  const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return address.startsWith('127.') || own.some((it) => it.address === address) ? address : undefined;
}

/** Who has a port of this machine. */
export async function checkPort(
  address: string,
  port: number,
): Promise<readonly [Finding, Listener | undefined]> {
  const { ok, skipped } = findings('port');
  try {
    const listener = await listenerOn(address, port);
    if (listener === undefined) return [ok(`${port} is free: a server can take it`), undefined];
    const { pid, program } = listener;
    const who = pid === undefined ? 'a process of another user' : `process ${pid} (${program ?? 'unknown'})`;
    return [ok(`${who} listens on ${port}`), listener];
  } catch {
    return [skipped('which process listens is known on Linux alone'), undefined];
  }
}

/** Connects three times, and says in what time; then with a hello. */
export async function checkServer(target: Target): Promise<Finding[]> {
  const { ok, problem } = findings('server');
  const times: number[] = [];
  for (let attempt = 0; attempt < 3; attempt++) {
    const ms = await connectMs(target);
    if (typeof ms !== 'number') return [problem(unreachable(target, ms))];
    times.push(ms);
  }
  const fastest = Math.min(...times);
  const reached = ok(`${target.host}, port ${target.port}, took a connection in ${fastest.toFixed(1)} ms`);
  return [reached, ...(await checkHello(target, fastest))];
}

/** The time, in ms, or the code of the failure. */
async function connectMs({ host, port, timeout }: Target): Promise<number | string> {
  const at = performance.now();
  const socket = dial({ host, port, timeout: Math.max(timeout, 1000) });
  try {
    return await new Promise<number | string>((resolve) => {
      socket.once('connect', () => resolve(performance.now() - at));
      socket.once('error', (error) => resolve(codeOf(error)));
      socket.once('timeout', () => resolve('ETIMEDOUT'));
    });
  } finally {
    socket.destroy();
  }
}

function unreachable({ host, port }: Target, code: string): string {
  const where = `${host}, port ${port}`;
  if (code === 'ECONNREFUSED')
    return `nothing listens on ${where}: start the server (iot serve), or name its port with --port`;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return `the name ${host} has no address (${code}): is it right, and the network up?`;
  return `${where} does not answer (${code}): is the address right, and does a firewall let the port through?`;
}

/** A real hello, with an id that no client has, and nothing else: no line reaches the application. */
async function checkHello(target: Target, connectedMs: number): Promise<Finding[]> {
  const { timeout, tls } = target;
  const { ok, problem } = findings('protocol');
  // What the server has for this id, if it is a client's after all, is not acked, and so kept for that client.
  const client = connect({ ...target, ackWhen: 'done' });
  let broken: PeerError | undefined;
  client.on('peerError', (error) => (broken = error));
  const at = performance.now();
  try {
    await client.ready();
    const answeredMs = performance.now() - at;
    // A server of version 1 is known by its silence about the offer of version 2, for a quarter of the timeout.
    if (client.stats.protocol !== 2) await sleep(Math.min(timeout / 4, MOST_SILENCE_MS));
    const tlsFinding =
      tls === undefined
        ? []
        : [findings('tls').ok('the handshake is done, and both ends have proven who they are')];
    if (broken !== undefined || !client.status) {
      const why = broken === undefined ? 'it ended the link' : broken.message;
      return [
        ...tlsFinding,
        problem(
          `what listens there does not speak this protocol (${why}): name the port of the server with --port`,
        ),
      ];
    }
    const version = client.stats.protocol === 2 ? 2 : 1;
    const speaks = ok(`it speaks version ${version} of the protocol`);
    // TLS takes two round trips of its own at most.
    const roundTripMs = Math.max(connectedMs, (answeredMs - connectedMs) / (tls === undefined ? 1 : 3));
    return [...tlsFinding, speaks, checkTimeout(timeout, roundTripMs)];
  } catch (error) {
    const { cause } = error as Error;
    if (cause instanceof LinkError) return [noLink(cause)];
    throw error;
  } finally {
    await client.close();
  }
}

/** What a link that did not come up says of the server. */
function noLink({ code, message }: LinkError): Finding {
  const { warning, problem } = findings('protocol');
  if (code === 'ERR_TLS') return findings('tls').problem(message);
  if (code !== 'ERR_REFUSED' && code !== 'ERR_DUPLICATE') return problem(message);
  return warning(
    `it speaks the protocol; ${message}. With --id, name a client that it takes and that has no link`,
  );
}

function checkTimeout(timeout: number, roundTripMs: number): Finding {
  const { ok, warning } = findings('timeout');
  const measured = `a round trip takes ${roundTripMs.toFixed(1)} ms`;
  if (timeout >= ROUND_TRIPS * roundTripMs) return ok(`${timeout} ms is enough: ${measured}`);
  const enough = Math.ceil((ROUND_TRIPS * roundTripMs) / 100) * 100;
  return warning(
    `${timeout} ms is short, ${measured}: give all ends --timeout ${enough}, or outages are seen where there are none`,
  );
}
