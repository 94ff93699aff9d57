import { once } from 'node:events';
import { connect, type AddressInfo, type Server } from 'node:net';
import { startFaultProxy } from '../src/index.js';

/** `server` echoes. */
export async function example(server: Server): Promise<string[]> {
  const heard: string[] = [];
  const { port } = server.address() as AddressInfo;
  await using proxy = await startFaultProxy({ to: { host: '127.0.0.1', port } });
  proxy.on('linkEnd', ({ link, end }) => heard.push(`link ${link.id} ended: ${end.type}`));

  const next = proxy.nextLink({ signal: AbortSignal.timeout(5000) });
  const client = connect(proxy.port, proxy.host);
  client.on('error', (error) => heard.push(error.message));
  const link = await next; // connected on both sides

  proxy.stall('toClient'); // the echo is held back; neither end notices
  client.write('hi\n');
  proxy.resume();
  const [echo] = (await once(client, 'data')) as [Buffer];
  heard.push(echo.toString());
  heard.push(`${link.bytesToServer} bytes up, ${proxy.stats.bytesToClient} down`);

  proxy.cut('rst'); // or link.cut('rst')
  await new Promise((resolve) => client.once('close', resolve));
  return heard;
}
