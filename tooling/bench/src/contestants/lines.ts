/** Lines over plain sockets, for the contestants that have no library. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import type { Endpoint, Mode } from './contestant.js';

/** Splits chunks into lines. The returned function takes one chunk. */
export function splitter(onLine: (line: string) => void): (chunk: string) => void {
  let rest = '';
  return (chunk) => {
    const text = rest === '' ? chunk : rest + chunk;
    let start = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      onLine(text.slice(start, end));
      start = end + 1;
    }
    rest = text.slice(start);
  };
}

/** Listens. The first line of each socket names the mode and is answered. `serve` gets the bytes after it. */
export async function serveLines(
  endpoint: Endpoint,
  serve: (socket: Socket, mode: Mode) => (chunk: string) => void,
): Promise<void> {
  const server = createServer({ noDelay: true }, (socket) => {
    let take: ((chunk: string) => void) | undefined;
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      if (take !== undefined) return take(chunk);
      const end = chunk.indexOf('\n');
      take = serve(socket, chunk.slice(0, end) as Mode);
      socket.write('\n');
    });
    socket.on('error', () => socket.destroy());
  });
  server.listen(endpoint.port, endpoint.host);
  await once(server, 'listening');
}

/** Connects, and resolves once the server knows the mode. */
export async function dialLines(endpoint: Endpoint, mode: Mode): Promise<Socket> {
  const socket = connect({ ...endpoint, noDelay: true }).setEncoding('utf8');
  await once(socket, 'connect');
  socket.write(`${mode}\n`);
  await once(socket, 'data');
  return socket;
}
