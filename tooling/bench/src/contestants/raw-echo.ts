/**
 * The floor: lines over `node:net` that are echoed, with prepared bytes and without a promise per line. No
 * software that exchanges lines over Node's sockets can use less CPU time.
 */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { COUNT, Counter, eachUnsafeLine, type Adapter, type Driver, type Load } from './contestant.js';
import { dialLines, serveLines, splitter } from './lines.js';

export const rawEcho: Adapter = {
  async serve(endpoint) {
    const relaying = new Set<Socket>();
    await serveLines(endpoint, (socket, mode) => {
      if (mode === 'unsafe') return counting(socket);
      if (mode !== 'relayed') return replying(socket, (text) => socket.write(text));
      relaying.add(socket);
      socket.on('close', () => relaying.delete(socket));
      return replying(socket, (text) => {
        for (const other of relaying) if (other !== socket) other.write(text);
      });
    });
    return {};
  },

  async connect(endpoint, mode) {
    const socket = await dialLines(endpoint, mode);
    if (mode === 'unsafe') return unsafe(socket);
    return rawDriver(socket, mode === 'relayed' ? await dialLines(endpoint, mode) : socket);
  },
};

/** Splits received bytes into lines, as a server must, and passes the lines on, in one write per chunk. */
function replying(socket: Socket, pass: (text: string) => void): (chunk: string) => void {
  let text = '';
  const split = splitter((line) => (text += `${line}\n`));
  return (chunk) => {
    text = '';
    split(chunk);
    if (text !== '') pass(text);
  };
}

function counting(socket: Socket): (chunk: string) => void {
  const counter = new Counter();
  return splitter((line) => {
    const answer = counter.take(line);
    if (answer !== undefined) socket.write(`${answer}\n`);
  });
}

function unsafe(socket: Socket): Driver {
  const received = async (): Promise<number> => {
    socket.write(`${COUNT}\n`);
    const [answer] = (await once(socket, 'data')) as [string];
    return Number(answer);
  };
  return eachUnsafeLine((line) => (socket.write(`${line}\n`) ? undefined : once(socket, 'drain')), received);
}

/** Writes to the socket `to`, and counts the lines that arrive at `from`, which may be the same socket. */
function rawDriver(to: Socket, from: Socket): Driver {
  return {
    run: ({ inFlight, line, durationMs }: Load, took) =>
      new Promise((resolve) => {
        const message = `${line}\n`;
        const end = performance.now() + durationMs;
        // They come back in order.
        const sentAt = new Float64Array(inFlight);
        let sent = 0;
        let arrived = 0;
        let partial = 0;
        const send = (count: number): void => {
          const now = performance.now();
          for (let i = 0; i < count; i++) sentAt[sent++ % inFlight] = now;
          to.write(message.repeat(count));
        };
        const onData = (chunk: string): void => {
          const length = partial + chunk.length;
          const lines = Math.floor(length / message.length);
          partial = length - lines * message.length;
          const now = performance.now();
          for (let i = 0; i < lines; i++) took(now - sentAt[arrived++ % inFlight]!);
          if (now < end) {
            if (lines > 0) send(lines);
          } else if (arrived === sent) {
            from.off('data', onData);
            resolve({ sent, arrived });
          }
        };
        from.on('data', onData);
        send(inFlight);
      }),
  };
}
