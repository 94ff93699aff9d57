/** The demo from its first process to its last, in order. */
import { insteadOf, ProcessGroup, type Output, type WorkerProcess } from '@iot/app-kit';
import { startFaultProxy, type FaultProxy } from '@iot/fault-proxy';
import { IDS, type DemoSettings } from '../src/settings.js';
import { ThrowAwayKeys } from './throw-away-keys.js';
import { summarise, type Summary } from './summary.js';
import type { News, Order, Role } from './worker.js';

const LOOPBACK = '127.0.0.1';

type Group = ProcessGroup<Order, News>;
type Worker = WorkerProcess<Order, News>;

/** Plays the demo; rejects when a process fails, something takes too long or `stop` is aborted. */
export async function play(settings: DemoSettings, stop: AbortSignal, output: Output): Promise<Summary> {
  const { port: wanted, seconds, timeout, interval, tls = false, verbose = false } = settings;
  using keys = tls ? new ThrowAwayKeys(IDS) : undefined;
  await using group: Group = new ProcessGroup(stop, output.line);
  const start = (name: string, port: number, id?: string): Worker => {
    const role: Role = {
      ...{ host: LOOPBACK, port, timeout, interval, quiet: !verbose },
      ...(id && { id }),
      ...(keys && { pskFile: keys.path }),
    };
    return group.start({ name, program: new URL('worker.js', import.meta.url), role });
  };

  const server = start('server', wanted);
  const { port } = await group.until('the server', () => server.latest('listening'));
  output.step(`${insteadOf(wanted, port)}the server listens on port ${port}${tls ? ' with TLS' : ''}`);
  await using proxy = await startFaultProxy({ to: { host: LOOPBACK, port } });
  const clients = IDS.map((id) => start(`client ${id}`, proxy.port, id));
  output.step(`processes: server ${String(server.pid)}, clients ${clients.map(({ pid }) => pid).join(' ')}`);
  await group.until('the first links', () => clients.every((client) => connects(client) > 0));
  output.step(`${clients.length} clients are up; each end sends a line every ${interval} ms`);

  await group.pause(seconds * 500);
  const recoveries = await cutEveryLink(group, clients, proxy, settings, output);
  await group.pause(seconds * 500);

  // Writers stop first and wait for their acks. Only then does anybody report: what is acked now has been read long
  // before the question for the report comes in, so that a line that is missing is lost, and not just late.
  const everyone = [server, ...clients];
  for (const worker of everyone) worker.ask('finish');
  await group.until('the last acks', () => everyone.every((worker) => worker.count('finished') > 0));
  output.step('all have stopped sending, and every line is acked');

  for (const worker of everyone) worker.ask('report');
  const ends = (worker: Worker) => group.until('the reports', () => worker.latest('report')?.ends);
  const [atServer, ...atClients] = await Promise.all(everyone.map(ends));
  await group.end();
  group.over.throwIfAborted();
  return summarise(atClients.flat(), atServer!, recoveries);
}

/** How many times the link of this client has come up. */
function connects(client: Worker): number {
  return client.latest('up')?.connects ?? 0;
}

/** Cuts every link; resolves with the ms that each client needed to come back. */
async function cutEveryLink(
  group: Group,
  clients: readonly Worker[],
  proxy: FaultProxy,
  { interval, timeout }: DemoSettings,
  output: Output,
): Promise<readonly number[]> {
  // For a moment nothing gets to the clients, so that the cut takes lines and acks with it. A third of the timeout is
  // too short for an outage of its own.
  proxy.stall('toClient');
  await group.pause(Math.min(interval, timeout / 3));
  const before = clients.map(connects);
  const cutAt = performance.now();
  const cuts = proxy.cut('rst');
  proxy.resume();
  output.step(`${cuts} links are cut`);
  const back = clients.map(async (client, i) => {
    await group.until('the links after the cut', () => connects(client) > before[i]!);
    return performance.now() - cutAt;
  });
  const recoveries = await Promise.all(back);
  output.step(`${clients.length} clients are up again`);
  return recoveries;
}
