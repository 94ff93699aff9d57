/**
 * Measures the heap (after a garbage collection) and the open handles of a client and a server after 200 and
 * after 2,000 reconnections. Failures of the network and restarts of the server alternate.
 */
import { connect, type Network } from '@iot/client';
import { startFaultProxy } from '@iot/fault-proxy';
import { listen } from '@iot/server';
import { collectGarbage } from './collect-garbage.js';

// No pause before an attempt, even after a short link.
Math.random = () => 0;

const lost = new Set<(connected: boolean) => void>();
let connected = false;
const network: Network = {
  hasCredentials: true,
  isConnected: () => Promise.resolve(connected),
  connect: () => Promise.resolve(change(true)),
  disconnect: () => Promise.resolve(change(false)),
  onChange: (listener) => {
    lost.add(listener);
    return () => lost.delete(listener);
  },
};

await using server = await listen({ port: 0, host: '127.0.0.1', timeout: 500 });
await using proxy = await startFaultProxy({ to: { host: '127.0.0.1', port: server.address.port } });
await using client = connect({
  id: 'board',
  host: '127.0.0.1',
  port: proxy.port,
  timeout: 500,
  network,
  networkStableMs: 0,
  watchdog: true,
});
const [board] = await Promise.all([server.client('board'), client.ready()]);

print('reconnections  network   heap used   handles   listeners');
// Compiled code counts as heap, and grows during the warm-up.
await reconnect(2000);
report();
await reconnect(200);
const before = report();
await reconnect(1800);
const after = report();
print(`heap after 2,000 against after 200, once warm: ${(100 * (after / before - 1)).toFixed(1)} %`);

async function reconnect(times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    const down = new Promise<void>((resolve) => {
      const off = client.on('state', (up) => {
        if (up) return;
        off();
        resolve();
      });
    });
    if (i % 2 === 0) proxy.cut('rst');
    else change(false);
    await down;
    await client.ready();
    const [line] = await Promise.all([board.readline(), client.write(`line ${i}`)]);
    if (line !== `line ${i}`) throw new Error(`read ${line} instead of line ${i}`);
  }
}

function change(now: boolean): void {
  if (connected === now) return;
  connected = now;
  for (const listener of [...lost]) listener(now);
}

function report(): number {
  collectGarbage();
  collectGarbage();
  const { heapUsed } = process.memoryUsage();
  const handles = process.getActiveResourcesInfo().length;
  const columns = [
    client.connects - 1,
    client.networkConnects,
    `${(heapUsed / 2 ** 20).toFixed(2)} MiB`,
    handles,
    lost.size,
  ];
  print(columns.map((each, i) => String(each).padStart([13, 9, 12, 10, 12][i]!)).join(''));
  return heapUsed;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
