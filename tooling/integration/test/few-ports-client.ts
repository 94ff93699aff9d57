/**
 * A server and two clients in a process of their own, on a machine with few ports for outgoing sockets. The first client has
 * a link; strangers take the other ports; the second client finds none. Reports
 * why, and that their lines came back.
 */
import { once } from 'node:events';
import { connect as dial } from 'node:net';
import { connect } from '@iot/client';
import { listen } from '@iot/server';

const WAYS = { host: '127.0.0.1', port: 8123, timeout: 20_000 };
/** More than there are ports. */
const STRANGERS = 8;

await using server = await listen(WAYS);
server.on('client', (connection) => {
  void (async () => {
    for await (const line of connection) void connection.write(line);
  })();
});
await using first = connect({ id: 'first', ...WAYS });
await first.ready();

const strangers = Array.from({ length: STRANGERS }, () => dial(WAYS));
await Promise.all(strangers.map((socket) => Promise.race([once(socket, 'connect'), failure(socket)])));
const codes = new Set<unknown>();
await using second = connect({
  id: 'second',
  ...WAYS,
  badServer: ({ cause }) => {
    codes.add((cause as NodeJS.ErrnoException).code);
    for (const socket of strangers) socket.destroy();
  },
});
for (const client of [first, second]) {
  await client.write('a line');
  process.send!({ id: client.id, line: await client.readline(), connects: client.connects });
}
process.send!({ codes: [...codes] });

function failure(socket: ReturnType<typeof dial>): Promise<void> {
  return new Promise((resolve) => {
    socket.on('error', () => resolve());
  });
}
