/**
 * Measures how each attack affects healthy clients: the round trip of a line and the CPU time of the server,
 * with the attack and without. Server, attackers and healthy clients run in separate processes.
 */
import { connect, type Client } from '@iot/client';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as after } from 'node:timers/promises';
import { ATTACKS } from './attacks.js';
import type { Costs, Ports } from './victim.js';

export interface TableOptions {
  readonly healthy: number;
  /** Number of simultaneous attackers, except for the attacks in `MORE`. */
  readonly attackers: number;
  readonly secondsEach: number;
  readonly print: (line: string) => void;
}

/**
 * Long enough that the wanted number of incomplete hellos is reached before the server drops the first of
 * them.
 */
const TIMEOUT_MS = 10_000;
const STAYS_MS = 400;
/** Interval at which a healthy client writes a line. It waits until the line has come back. */
const PERIOD_MS = 100;
/** Before it is measured. */
const WARM_MS = 3000;

/** Attacks whose effect depends on their number. 800 attackers that stay for 400 ms are 2,000 per second. */
const MORE: Readonly<Record<string, { readonly attackers: number; readonly staysMs: number }>> = {
  'half a hello': { attackers: 10_000, staysMs: TIMEOUT_MS },
  'a TLS handshake that stops': { attackers: 800, staysMs: STAYS_MS },
};

export async function table(options: TableOptions): Promise<void> {
  const { healthy, attackers, print } = options;
  print(`${healthy} healthy clients, a line every ${PERIOD_MS} ms each; ${attackers} attackers at a time`);
  print('| attack | attacks a second | p50 | p99 | longest | server CPU | server memory | links lost |');
  print('| --- | --- | --- | --- | --- | --- | --- | --- |');
  for (const name of [undefined, ...Object.keys(ATTACKS)]) print(await row(name, options));
}

async function row(
  name: string | undefined,
  { healthy, attackers, secondsEach }: TableOptions,
): Promise<string> {
  const server = program(new URL('./victim.ts', import.meta.url), TIMEOUT_MS);
  const [ports] = (await once(server, 'message')) as [Ports];
  const ids = Array.from({ length: healthy }, (_, at) => `healthy ${at}`);
  const clients = ids.map((id) => connect({ id, host: '127.0.0.1', port: ports.port, timeout: TIMEOUT_MS }));
  await Promise.all(clients.map((client) => client.ready()));
  const crowd = name === undefined ? undefined : await attack(name, ports, attackers);
  await after(WARM_MS);
  const before = await ask<Costs>(server);
  const begunBefore = crowd && (await ask<number>(crowd));
  const start = performance.now();
  const end = start + secondsEach * 1000;
  const times = (await Promise.all(clients.map((client, at) => trips(client, start + at, end)))).flat();
  const ms = performance.now() - start;
  const costs = await ask<Costs>(server);
  const begun = crowd && (await ask<number>(crowd)) - begunBefore!;
  const lost = clients.reduce((sum, { connects }) => sum + connects - 1, 0);
  crowd?.disconnect();
  await Promise.all(clients.map((client) => client.close()));
  server.disconnect();
  times.sort((a, b) => a - b);
  const at = (share: number) => `${times[Math.ceil(share * times.length) - 1]!.toFixed(1)} ms`;
  const rate = begun === undefined ? '' : ((begun * 1000) / ms).toFixed(0);
  const cpu = `${(((costs.cpuMs - before.cpuMs) / ms) * 100).toFixed(0)} %`;
  const memory = `${(costs.memoryBytes / 2 ** 20).toFixed(0)} MiB`;
  return `| ${[name ?? 'none', rate, at(0.5), at(0.99), at(1), cpu, memory, lost].join(' | ')} |`;
}

async function attack(name: string, { port, tlsPort }: Ports, usual: number): Promise<ChildProcess> {
  const { attackers, staysMs } = MORE[name] ?? { attackers: usual, staysMs: STAYS_MS };
  const file = new URL('./attackers.ts', import.meta.url);
  const crowd = program(file, name, port, tlsPort, attackers, staysMs);
  await once(crowd, 'message');
  return crowd;
}

/** The round trips of one client, ms. */
async function trips(client: Client, start: number, end: number): Promise<number[]> {
  const times: number[] = [];
  for (let at = start; at < end; at = Math.max(at + PERIOD_MS, performance.now())) {
    await after(at - performance.now());
    const begun = performance.now();
    void client.write(`at ${begun}`);
    await client.readline();
    times.push(performance.now() - begun);
  }
  return times;
}

function program(file: URL, ...args: readonly (string | number)[]): ChildProcess {
  return fork(file, args.map(String), { execArgv: process.execArgv });
}

async function ask<T>(child: ChildProcess): Promise<T> {
  child.send('?');
  const [answer] = (await once(child, 'message')) as [T];
  return answer;
}
