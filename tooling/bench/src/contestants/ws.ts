/** `ws`, the WebSocket library: each message is echoed, or counted in the mode `unsafe`. It has no acks and no reconnection. */
import { once } from 'node:events';
import { WebSocket, WebSocketServer } from 'ws';
import { COUNT, Counter, eachLine, eachUnsafeLine, type Adapter } from './contestant.js';

export const wsEcho: Adapter = {
  async serve(endpoint) {
    const server = new WebSocketServer({ ...endpoint, perMessageDeflate: false });
    server.on('connection', (socket, { url }) => {
      const counter = new Counter();
      const mode = url?.slice(1);
      socket.on('message', (data: Buffer) => {
        const line = data.toString();
        const answer = mode === 'unsafe' ? counter.take(line) : line;
        if (answer !== undefined) socket.send(answer);
      });
    });
    await once(server, 'listening');
    return {};
  },

  async connect({ host, port }, mode) {
    const socket = new WebSocket(`ws://${host}:${port}/${mode}`, { perMessageDeflate: false });
    await once(socket, 'open');
    const readers: ((line: string) => void)[] = [];
    socket.on('message', (data: Buffer) => readers.shift()?.(data.toString()));
    const answered = (line: string): Promise<string> =>
      new Promise((resolve) => {
        readers.push(resolve);
        socket.send(line);
      });
    if (mode !== 'unsafe') return eachLine(answered);
    return eachUnsafeLine(
      (line) => new Promise((resolve) => socket.send(line, resolve)),
      async () => Number(await answered(COUNT)),
    );
  },
};
