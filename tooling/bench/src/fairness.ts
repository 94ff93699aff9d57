/**
 * Measures how much a client that overloads the server affects other clients: the acked round trip of a
 * healthy client in a separate process, first alone, then together with each kind of hostile client.
 */
import { connect as connectClient } from '@iot/client';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

const TRIPS = 2000;
const peer = fork(new URL('./peer.ts', import.meta.url), { execArgv: process.execArgv });
const [ports] = (await once(peer, 'message')) as [{ iot: number }];
const client = connectClient({ id: 'healthy', host: '127.0.0.1', port: ports.iot });
await client.ready();

const neighbours: Record<string, () => Promise<() => void>> = {
  none: () => Promise.resolve(() => undefined),
  'floods with lines': () => hostile('flood', line(1000).repeat(64)),
  'floods with keepalives': () => hostile('beats', '\n'.repeat(64 * 1024)),
  'never reads': () => hostile('deaf', line(10).repeat(64)),
  'hello, a byte at a time': slowHello,
};

await trips(TRIPS);
print('neighbour                    median        p99        max');
for (const [name, arrive] of Object.entries(neighbours)) {
  const leave = await arrive();
  const times = (await trips(TRIPS)).sort((a, b) => a - b);
  leave();
  const at = (share: number) =>
    `${((times[Math.ceil(share * times.length) - 1] ?? NaN) * 1000).toFixed(0)} µs`;
  print(`${name.padEnd(24)} ${at(0.5).padStart(10)} ${at(0.99).padStart(10)} ${at(1).padStart(10)}`);
}
await client.close();
peer.disconnect();

async function trips(count: number): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    await client.write('x'.repeat(36));
    times.push(performance.now() - start);
  }
  return times;
}

/** Starts a process that sends the same bytes repeatedly, and reads nothing. */
async function hostile(id: string, bytes: string): Promise<() => void> {
  const neighbour = fork(new URL('./hostile.ts', import.meta.url), [String(ports.iot), id, bytes], {
    execArgv: process.execArgv,
  });
  await once(neighbour, 'message');
  return () => neighbour.kill('SIGKILL');
}

function slowHello(): Promise<() => void> {
  const sockets = new Set<Socket>();
  const timer = setInterval(() => {
    if (sockets.size < 50) {
      const socket = connect({ port: ports.iot, host: '127.0.0.1', noDelay: true });
      sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    }
    for (const socket of sockets) socket.write('x');
  }, 1);
  return Promise.resolve(() => {
    clearInterval(timer);
    for (const socket of sockets) socket.destroy();
  });
}

function line(length: number): string {
  return `01${'x'.repeat(length)}\n`;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
