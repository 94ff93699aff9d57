/**
 * Socket.IO over its WebSocket transport: `emitWithAck`, with retries in the mode in which lines must survive
 * an outage.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { io } from 'socket.io-client';
import { COUNT, Counter, eachLine, eachUnsafeLine, type Adapter } from './contestant.js';

type Ack = (answer: string) => void;

export const socketIo: Adapter = {
  async serve({ host, port }) {
    const http = createServer();
    const server = new Server(http, { transports: ['websocket'], serveClient: false });
    server.on('connection', (socket) => {
      const counter = new Counter();
      socket.on('line', (_line: string, ack: Ack) => {
        ack('');
      });
      socket.on('answer', (line: string, ack: Ack) => {
        ack('');
        void socket.emitWithAck('answer', line);
      });
      socket.on('unsafe', (line: string) => {
        counter.take(line);
      });
      socket.on('count', (ack: Ack) => {
        ack(counter.take(COUNT)!);
      });
    });
    http.listen(port, host);
    await once(http, 'listening');
    return {};
  },

  async connect({ host, port }, mode) {
    // Without `retries`, a line that is on its way when an outage begins is never acked.
    const retries = mode === 'delivered' ? { retries: Infinity, ackTimeout: 1500 } : {};
    const socket = io(`http://${host}:${port}`, { transports: ['websocket'], ...retries });
    await new Promise<void>((resolve) => socket.once('connect', resolve));
    if (mode === 'unsafe') {
      return eachUnsafeLine(
        (line) => void socket.emit('unsafe', line),
        async () => Number(await socket.emitWithAck('count')),
      );
    }
    if (mode !== 'answered') return eachLine((line) => socket.emitWithAck('line', line));
    const readers: (() => void)[] = [];
    socket.on('answer', (_line: string, ack: Ack) => {
      ack('');
      readers.shift()?.();
    });
    return eachLine((line) => {
      const answered = new Promise<void>((resolve) => readers.push(resolve));
      return Promise.all([answered, socket.emitWithAck('answer', line)]);
    });
  },
};
