/** A sensor in an outage whose disk becomes full: what becomes of its writes, and what arrives afterwards. */
import { Connection, Pump, type OfflineOptions, type Transport } from '@iot/connection';
import { LoadedSession, offlineSettings, storedPump } from '@iot/connection/internal';
import { nodeClock } from '@iot/connection/node';
import { memoryPair } from '@iot/connection/testing';
import { Session } from '@iot/qos';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { opened, smallDisk } from './folder.js';
import { Log } from './log.js';

const MAX_LINES = 20;
const STORED = { until: 'stored' } as const;

let epochs = 0;
const drawEpoch = () => (++epochs).toString(16).padStart(16, '0');

/** Long lines: they do not fit into what is left of a block. */
const line = (n: number) => `${n} `.padEnd(10_000, 'x');

/** A client with a store on a small disk, and two lines of what waits in its memory. */
async function sensor(when: OfflineOptions['when']) {
  const disk = await smallDisk('6m');
  const log = new Log();
  const store = await opened(join(disk.folder, 'data'), { logger: log });
  const loaded = await LoadedSession.load({ store, id: 'sensor', closeTimeoutMs: 5000 });
  const settings = { role: 'client', id: 'sensor', drawEpoch } as const;
  const pump = storedPump(settings, loaded, nodeClock, { lines: 2, characters: 1_000_000 });
  const offline = offlineSettings({ maxLines: MAX_LINES, when }, 64 * 1024);
  const client = new Connection(pump, { id: 'sensor', maxUnsentLines: 1, offline });
  onTestFinished(() => client.close());
  return { disk, log, client, pump };
}

/** The lines that arrive once there is a link, up to this one. */
async function arriving(pump: Pump, last: number): Promise<number[]> {
  const [near, far] = memoryPair();
  const serverPump = new Pump(new Session({ role: 'server', drawEpoch }), nodeClock);
  const server = new Connection(serverPump, { id: 'sensor', maxUnsentLines: 1 });
  onTestFinished(() => server.close());
  pump.attach(near);
  serverPump.attach(afterHello(far));
  const lines: number[] = [];
  while (lines.at(-1) !== last) lines.push(parseInt(await server.readline(), 10));
  return lines;
}

/** The server's end of a transport once the hello has been read, which is the first thing that comes. */
function afterHello(transport: Transport): Transport {
  let isHello = true;
  return {
    remoteAddress: transport.remoteAddress,
    start: (handlers) =>
      transport.start({
        data: (chunk) => {
          handlers.data(isHello ? chunk.subarray(chunk.indexOf(10) + 1) : chunk);
          isHello = false;
        },
        drain: () => handlers.drain(),
        ended: (how) => handlers.ended(how),
      }),
    write: (bytes) => transport.write(bytes),
    close: () => transport.close(),
    destroy: () => transport.destroy(),
  };
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => from + n);

it.each([
  ['wait', range(0, 100), undefined],
  ['reject', range(0, MAX_LINES), 'ERR_OFFLINE_FULL'],
  ['drop-newest', range(0, MAX_LINES), 'ERR_DROPPED'],
  // Two lines are dropped at once, then those that can be read: twice the limit of new ones wait for that meanwhile.
  ['drop-oldest', range(22 + MAX_LINES, 22 + 2 * MAX_LINES), 'ERR_DROPPED'],
] as const)(
  'with %s writes wait or say why not, and what is promised arrives',
  async (when, arrive, code) => {
    const { disk, log, client, pump } = await sensor(when);
    await Promise.all(range(0, 10).map((n) => client.write(line(n), STORED)));
    await disk.fill();
    const writes = range(10, 100).map((n) => client.write(line(n), STORED));
    await log.has('warn');
    if (code !== undefined) await expect(writes.at(-1)).rejects.toMatchObject({ code });
    await disk.empty();
    await log.has('info');
    // Those that were taken in before the disk was full are stored now.
    if (when !== 'drop-oldest') await Promise.all(writes.slice(0, MAX_LINES - 10));
    expect(await arriving(pump, arrive.at(-1)!)).toEqual(arrive);
    if (when === 'wait') await Promise.all(writes);
    expect(client.stats.dropped).toBe(when.startsWith('drop') ? 100 - MAX_LINES : 0);
  },
  60_000,
);
