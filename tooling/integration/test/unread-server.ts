/** A server in a process of its own, which sends back the lines of one client and reads none of the others. Reports its port, and when it reads from no more. */
import { listen } from '@iot/server';

const quiet = (): void => undefined;
const warn = (_: object, message: string): void => {
  if (message.includes('too many lines are unread')) process.send!({ heldOff: true });
};
const logger = { debug: quiet, info: quiet, error: quiet, warn };
const server = await listen({ port: 0, host: '127.0.0.1', timeout: Number(process.argv[2]), logger });
server.on('client', (connection) => {
  if (connection.id !== 'healthy') return;
  void (async () => {
    for await (const line of connection) void connection.write(line);
  })();
});
process.send!({ port: server.address.port });
