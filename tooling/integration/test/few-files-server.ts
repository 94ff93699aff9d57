/** A server that may have few open files, in a process of its own. Tells its port, and sends every line back. */
import { listen } from '@iot/server';

const server = await listen({ port: 0, host: '127.0.0.1', timeout: 20_000 });
server.on('client', (connection) => {
  void (async () => {
    for await (const line of connection) await connection.write(line);
  })();
});
process.send?.(server.address.port);
