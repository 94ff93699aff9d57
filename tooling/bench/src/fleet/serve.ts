/** The servers that are measured with many clients. */
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { listen, type Server } from '@iot/server';
import type { Endpoint } from '../contestants/contestant.js';
import { splitter } from '../contestants/lines.js';
import { Slots } from './slots.js';

export type FleetName = 'raw' | 'ours-2' | 'ours-1';

/**
 * Prefix of the ids of clients that only warm the server up. A server of this project forgets them when they
 * disconnect.
 */
export const WARM_UP = 'warm-up-';

/** The default of both ends. */
export const TIMEOUT_MS = 1500;
export const KEEPALIVES = 4;

/** Resolves once it listens, with the server if it is one of this project. */
export async function serveFleet(name: FleetName, endpoint: Endpoint): Promise<Server | undefined> {
  if (name === 'raw') {
    await serveRaw(endpoint);
    return undefined;
  }
  const server = await listen({ ...endpoint, timeout: TIMEOUT_MS, protocol: name === 'ours-2' ? 2 : 1 });
  server.on('client', (connection) => {
    void (async () => {
      for await (const _line of connection);
    })();
    if (!connection.id.startsWith(WARM_UP)) return;
    connection.on('state', (up) => {
      if (!up) void server.forget(connection.id);
    });
  });
  return server;
}

interface Link {
  readonly socket: Socket;
  heardAt: number;
}

/** The floor: a server that only answers a hello, echoes lines, sends keepalives and ends silent links. */
async function serveRaw(endpoint: Endpoint): Promise<void> {
  const slots = new Slots<Link>(TIMEOUT_MS / KEEPALIVES, ({ socket, heardAt }, now) => {
    if (now - heardAt > TIMEOUT_MS) socket.destroy();
    else socket.write('\n');
  });
  const server = createServer({ noDelay: true }, (socket) => {
    const link = { socket, heardAt: performance.now() };
    let said = false;
    let echo = '';
    const split = splitter((line) => {
      if (!said) echo += '\n';
      else if (line !== '') echo += `${line}\n`;
      said = true;
    });
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      link.heardAt = performance.now();
      if (chunk === '\n') return;
      split(chunk);
      if (echo !== '') socket.write(echo);
      echo = '';
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', slots.add(link));
  });
  server.listen(endpoint.port, endpoint.host);
  await once(server, 'listening');
}
