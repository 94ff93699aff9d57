/**
 * The other end of a benchmark, in a separate process: a server that reads all lines, and, as the floor, a
 * raw echo of lines.
 */
import { listen } from '@iot/server';
import { createServer, type AddressInfo } from 'node:net';

const server = await listen({ port: 0, host: '127.0.0.1' });
server.on('client', (connection) => void readAll(connection));

const echo = createServer({ noDelay: true }, (socket) => {
  let rest = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) socket.write(`${line}\n`);
  });
  socket.on('error', () => socket.destroy());
});

echo.listen(0, '127.0.0.1', () => {
  process.send?.({ iot: server.address.port, echo: (echo.address() as AddressInfo).port });
});
process.on('disconnect', () => process.exit());

async function readAll(connection: AsyncIterable<string>): Promise<void> {
  const lines = connection[Symbol.asyncIterator]();
  while (!(await lines.next()).done);
}
