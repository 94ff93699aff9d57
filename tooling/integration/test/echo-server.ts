/** A server in a process of its own, which sends every line back. Reports its port. The argument is its timeout, ms. */
import { listen } from '@iot/server';

const server = await listen({ port: 0, host: '127.0.0.1', timeout: Number(process.argv[2]) });
server.on('client', (connection) => {
  void (async () => {
    for await (const line of connection) void connection.write(line);
  })();
});
process.send?.(server.address.port);
