/** Checks whether a server can be reached, speaks the protocol, and responds fast enough for the timeout. */
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
  /** The timeout of all ends, in ms. */
  readonly timeout: number;
  readonly tls: TlsConnectOptions | undefined;
  /** The id in the hello. Normally no client has this id. */
  readonly id: string;
}

/** A timeout of this many round trips tolerates a network that is slow for a moment. */
const ROUND_TRIPS = 10;

/** Maximum wait for the server's answer about its version, even if the timeout is long. */
const MOST_SILENCE_MS = 1000;

/** The address of a host, if it is this machine. */
export async function localAddress(host: string): Promise<string | undefined> {
  const { address } = await lookup(host).catch(() => ({ address: '' }));
  const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return address.startsWith('127.') || own.some((it) => it.address === address) ? address : undefined;
}

/** Finds the process that listens on a port of this machine. */
export async function checkPort(
  address: string,
  port: number,
): Promise<readonly [Finding, Listener | undefined]> {
  const { ok, skipped } = findings('port');
  try {
    const listener = await listenerOn(address, port);
    if (listener === undefined) return [ok(`${port} is free: a server can listen on it`), undefined];
    const { pid, program } = listener;
    const who = pid === undefined ? 'a process of another user' : `process ${pid} (${program ?? 'unknown'})`;
    return [ok(`${who} listens on ${port}`), listener];
  } catch {
    return [skipped('the listening process can be found on Linux only'), undefined];
  }
}

/** Connects three times and reports the fastest time. Then connects with a hello. */
export async function checkServer(target: Target): Promise<Finding[]> {
  const { ok, problem } = findings('server');
  const times: number[] = [];
  for (let attempt = 0; attempt < 3; attempt++) {
    const ms = await connectMs(target);
    if (typeof ms !== 'number') return [problem(unreachable(target, ms))];
    times.push(ms);
  }
  const fastest = Math.min(...times);
  const reached = ok(
    `${target.host}, port ${target.port}, accepted a connection in ${fastest.toFixed(1)} ms`,
  );
  return [reached, ...(await checkHello(target, fastest))];
}

/** Connects once. Returns the time in ms, or the error code. */
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

/**
 * Sends a real hello and nothing else, with an id that no client has, so that no line reaches the
 * application.
 */
async function checkHello(target: Target, connectedMs: number): Promise<Finding[]> {
  const { timeout, tls } = target;
  const { ok, problem } = findings('protocol');
  // With `ackWhen: 'done'` no line is acked. If the id belongs to a client, the server keeps its lines for
  // that client.
  const client = connect({ ...target, ackWhen: 'done' });
  let broken: PeerError | undefined;
  client.on('peerError', (error) => (broken = error));
  const at = performance.now();
  try {
    await client.ready();
    const answeredMs = performance.now() - at;
    // A server of version 1 does not answer the offer of version 2. So wait a quarter of the timeout for an
    // answer.
    if (client.stats.protocol !== 2) await sleep(Math.min(timeout / 4, MOST_SILENCE_MS));
    const tlsFinding =
      tls === undefined
        ? []
        : [findings('tls').ok('the handshake succeeded, and both ends are authenticated')];
    if (broken !== undefined || !client.status) {
      const why = broken === undefined ? 'the server ended the link' : broken.message;
      return [
        ...tlsFinding,
        problem(
          `the program on this port does not speak this protocol (${why}): give the port of the server with --port`,
        ),
      ];
    }
    const version = client.stats.protocol === 2 ? 2 : 1;
    const speaks = ok(`it speaks version ${version} of the protocol`);
    // TLS adds at most two round trips.
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

/** The finding for a link that did not come up. */
function noLink({ code, message }: LinkError): Finding {
  const { warning, problem } = findings('protocol');
  if (code === 'ERR_TLS') return findings('tls').problem(message);
  if (code !== 'ERR_REFUSED' && code !== 'ERR_DUPLICATE') return problem(message);
  return warning(
    `the server speaks the protocol, but ${message}. With --id, give the id of a client that it accepts and that has no link`,
  );
}

function checkTimeout(timeout: number, roundTripMs: number): Finding {
  const { ok, warning } = findings('timeout');
  const measured = `a round trip takes ${roundTripMs.toFixed(1)} ms`;
  if (timeout >= ROUND_TRIPS * roundTripMs) return ok(`${timeout} ms is enough: ${measured}`);
  const enough = Math.ceil((ROUND_TRIPS * roundTripMs) / 100) * 100;
  return warning(
    `${timeout} ms is too short, ${measured}: set --timeout ${enough} at all ends, or slow answers will count as outages`,
  );
}
