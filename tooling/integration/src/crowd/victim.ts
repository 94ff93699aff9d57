/**
 * The attacked server, in a separate process. It sends every line back, and reports its CPU time and memory
 * on request.
 */
import { listen, type Connection } from '@iot/server';

/** Its first message. */
export interface Ports {
  readonly port: number;
  readonly tlsPort: number;
}

/** Its answer to a request. */
export interface Costs {
  /** Of the process so far, ms. */
  readonly cpuMs: number;
  /** Resident, bytes. */
  readonly memoryBytes: number;
}

const KEY = Buffer.alloc(32, 7);

const server = await listen({
  port: 0,
  host: '127.0.0.1',
  tls: { port: 0, psk: () => KEY },
  timeout: Number(process.argv[2]),
});
server.on('client', (connection) => void sendBack(connection));
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  const costs: Costs = { cpuMs: (user + system) / 1000, memoryBytes: process.memoryUsage().rss };
  process.send!(costs);
});
process.on('disconnect', () => process.exit());
const ports: Ports = { port: server.address.port, tlsPort: server.tlsAddress!.port };
process.send!(ports);

async function sendBack(connection: Connection): Promise<void> {
  for await (const line of connection) void connection.write(line, { wait: false }).catch(() => undefined);
}
