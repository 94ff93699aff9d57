/**
 * The floor under a press: a line from a sender through a relay to a receiver, with nothing but TCP and the newline
 * between them. `raw relay`, `raw sender <port>`, `raw receiver <port>`: each is one process of `latency`.
 */
import { run, stopped } from '@iot/app-kit';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { clock, onOrder, parent, tell } from '../src/news.js';

const LOOPBACK = '127.0.0.1';
/** As long as a state is on the wire, with its id. */
const LINE = '0a[1,1234,3141592653]';
/** What the receiver says first, since the relay sends to it alone. */
const HELLO = 'receiver';

await run(async (stop) => {
  const [role, port] = process.argv.slice(2);
  if (role === 'relay') return relay(stop);
  const socket = connect({ port: Number(port), host: LOOPBACK, noDelay: true });
  socket.on('error', () => socket.destroy());
  await once(socket, 'connect');
  if (role === 'sender') sender(socket);
  else receiver(socket);
  await stopped(stop);
  socket.destroy();
}, parent);

async function relay(stop: AbortSignal): Promise<void> {
  const sockets = new Set<Socket>();
  let receiver: Socket | undefined;
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    onLine(socket, (line) => {
      if (line === HELLO) receiver = socket;
      receiver?.write(`${line}\n`); // the hello too: it is welcome
    });
  });
  server.listen(0, LOOPBACK);
  await once(server, 'listening');
  tell({ type: 'listening', port: (server.address() as AddressInfo).port });
  await stopped(stop);
  for (const socket of sockets) socket.destroy();
  server.close();
}

function sender(socket: Socket): void {
  let at = 0n;
  const send = (): void => {
    at = clock();
    socket.write(`${LINE}\n`);
  };
  onOrder('press', send);
  onOrder('when', () => {
    tell({ type: 'pressed', at });
  });
  send(); // tells that the way is open
}

function receiver(socket: Socket): void {
  onLine(socket, () => {
    tell({ type: 'led', on: true, at: clock() });
  });
  socket.write(`${HELLO}\n`);
}

function onLine(socket: Socket, take: (line: string) => void): void {
  let rest = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) take(line);
  });
}
