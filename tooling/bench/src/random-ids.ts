/**
 * Measures the memory of a server after a million clients with random ids, one after the other (IDS=… for
 * another number). Each client connects, sends a hello and one line, which is read, and resets its
 * connection. No id is used twice.
 */
import { listen } from '@iot/server';
import { countFromEnv } from '@iot/vitest-config/count';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { collectGarbage } from './collect-garbage.js';

const IDS = countFromEnv('IDS', 1_000_000);
const FORGET_AFTER_MS = 100;

const server = await listen({ port: 0, host: '127.0.0.1', forgetAfterMs: FORGET_AFTER_MS });
server.on('client', (connection) => {
  void connection.readline();
});

print(`      ids   heap used        rss   sessions`);
for (let count = 0; count <= IDS; count++) {
  if (count % (IDS / 10) === 0) await report(count);
  await visit(randomBytes(8).toString('hex'));
}
await server.close();

async function visit(id: string): Promise<void> {
  const socket = connect({ port: server.address.port, host: '127.0.0.1', noDelay: true });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.write(`${id}\n\n00hello\n`);
  let heard = '';
  while (!heard.includes('00\n')) heard += String(((await once(socket, 'data')) as [Buffer])[0]);
  socket.resetAndDestroy();
}

/** Prints the memory after the disconnected clients have been forgotten. */
async function report(count: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 3 * FORGET_AFTER_MS));
  collectGarbage();
  const { heapUsed, rss } = process.memoryUsage();
  const sessions = [...server.clients].length;
  print(`${String(count).padStart(9)} ${mebi(heapUsed)} ${mebi(rss)} ${String(sessions).padStart(10)}`);
}

function mebi(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`.padStart(11);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
