/** The demo from its first process to its last, in order. */
import { startFaultProxy, type FaultProxy } from '@iot/fault-proxy';
import { IDS, type DemoSettings } from '../src/settings.js';
import type { Child } from './child.js';
import { Family } from './family.js';
import { summarise, type Summary } from './summary.js';

const LOOPBACK = '127.0.0.1';

export interface Output {
  /** A step of the demo. */
  readonly step: (text: string) => void;
  /** A line that one of its processes has printed. */
  readonly line: (name: string, text: string) => void;
}

/** Plays the demo; rejects when a process fails, something takes too long or `stop` is aborted. */
export async function play(settings: DemoSettings, stop: AbortSignal, output: Output): Promise<Summary> {
  await using family = new Family(stop, output.line);
  const { over } = family;
  const half = settings.seconds * 500;

  const { server, port } = await startServer(family, settings, output);
  await using proxy = await startFaultProxy({ to: { host: LOOPBACK, port } });
  const clients = IDS.map((id) => startClient(family, id, proxy.port, settings));
  output.step(`processes: server ${String(server.pid)}, clients ${clients.map(({ pid }) => pid).join(' ')}`);
  await family.within('the first links', Promise.all(clients.map((client) => client.up(0, over))));
  output.step(`${clients.length} clients are up; each end sends a line every ${settings.interval} ms`);

  await family.pause(half);
  const recoveries = await cutEveryLink(family, clients, proxy, settings, output);
  await family.pause(half);

  // Writers stop first and wait for their acks. Only then does anybody report: what is acked now has been read long
  // before the question for the report comes in, so that a line that is missing is lost, and not just late.
  const everyone = [server, ...clients];
  const finished = everyone.map((child) => child.next('finished', over));
  for (const child of everyone) child.ask('finish');
  await family.within('the last acks', Promise.all(finished));
  output.step('nobody sends any more, and every line is acked');

  const reports = everyone.map((child) => child.next('report', over));
  for (const child of everyone) child.ask('report');
  const [atServer, ...atClients] = await family.within('the reports', Promise.all(reports));
  await family.end();
  over.throwIfAborted();
  return summarise(
    atClients.flatMap(({ ends }) => ends),
    atServer!.ends,
    recoveries,
  );
}

async function startServer(
  family: Family,
  settings: DemoSettings,
  output: Output,
): Promise<{ server: Child; port: number }> {
  const { port: wanted, timeout, interval, verbose = false } = settings;
  const server = family.start({
    name: 'server',
    program: 'start.js',
    args: [
      ...['--host', LOOPBACK, '--port', String(wanted), '--any-port'],
      ...['--timeout', String(timeout), '--interval', String(interval)],
      ...(verbose ? [] : ['--quiet']),
    ],
  });
  const { port } = await family.within('the server', server.next('listening', family.over));
  const instead = wanted === 0 || port === wanted ? '' : `port ${wanted} is taken, so `;
  output.step(`${instead}the server listens on port ${port}`);
  return { server, port };
}

function startClient(family: Family, id: string, port: number, settings: DemoSettings): Child {
  const { timeout, interval, verbose = false } = settings;
  return family.start({
    name: `client ${id}`,
    program: 'client.js',
    args: [
      ...['--id', id, '--host', LOOPBACK, '--port', String(port)],
      ...['--timeout', String(timeout), '--interval', String(interval)],
      ...(verbose ? [] : ['--quiet']),
    ],
  });
}

/** Cuts every link; resolves with the ms that each client needed to come back. */
async function cutEveryLink(
  family: Family,
  clients: readonly Child[],
  proxy: FaultProxy,
  { interval, timeout }: DemoSettings,
  output: Output,
): Promise<readonly number[]> {
  // For a moment nothing gets to the clients, so that the cut takes lines and acks with it. A third of the timeout is
  // too short for an outage of its own.
  proxy.stall('toClient');
  await family.pause(Math.min(interval, timeout / 3));
  const connects = clients.map((client) => client.connects);
  const cutAt = performance.now();
  const cuts = proxy.cut('rst');
  proxy.resume();
  output.step(`${cuts} links are cut`);
  const back = clients.map(async (client, i) => {
    await client.up(connects[i]!, family.over);
    return performance.now() - cutAt;
  });
  const recoveries = await family.within('the links after the cut', Promise.all(back));
  output.step(`${clients.length} clients are up again`);
  return recoveries;
}
