import { createConnection } from 'node:net';
import { dial, HOST, STEADY_MS, type Program } from '@iot/app-kit/testing';
import type { Client } from '@iot/client';
import { onTestFinished } from 'vitest';

export const LOOPBACK = ['--host', HOST, '--port', '0', '--timeout', String(STEADY_MS)];

/** A client in place of a board; closed at the end of the test. */
export function board(id: string, port: number, options: { readonly maxUnreadLines?: number } = {}): Client {
  return dial(port, { id, ...options });
}

/** The program says which connections it does not let in: a second board with an id, and one without an id. */
export async function saysTurnedAway(program: Program, port: number): Promise<void> {
  await board('1', port).ready();
  board('1', port);
  await program.printed(/client "1" is here already; another one with this id came from 127\.0\.0\.1\n/);
  const socket = createConnection(port, HOST);
  onTestFinished(() => {
    socket.destroy();
  });
  socket.on('error', () => undefined);
  socket.write('\n');
  await program.printed(/refused a connection from 127\.0\.0\.1: bad-hello\n/);
}
