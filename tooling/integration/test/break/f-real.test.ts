import { mkdtempSync } from 'node:fs';
import { expect, it } from 'vitest';
import { listen } from '@iot/server';
import { connect } from '@iot/client';
import { levelStore } from '@iot/store-level';
import { logger, sleep } from './util.js';

for (const how of ['forget', 'close'] as const)
it(`${how} while the client comes back at once: real store, real client, 100 times`, async () => {
  const store = await levelStore(mkdtempSync('/tmp/break/real-'));
  const log = logger();
  const server = await listen({ port: 0, host: '127.0.0.1', timeout: 2000, store, logger: log });
  let unhandled = 0;
  server.on('client', (c) => void (async () => { for await (const line of c) void line; })().catch(() => unhandled++));
  const clients = Array.from({ length: 5 }, (_, i) => connect({ id: `c${i}`, host: '127.0.0.1', port: server.address.port, timeout: 2000, backoff: { minMs: 1, maxMs: 5 } }));
  for (const c of clients) await c.ready();
  const stop = new AbortController();
  const traffic = clients.map(async (c) => { while (!stop.signal.aborted) { await c.write('x').catch(() => undefined); await sleep(1); } });
  let rejected = 0;
  for (let i = 0; i < 100; i++) {
    const id = `c${i % 5}`; await server.client(id).catch(() => undefined);
    if (!server.has(id)) continue;
    if (how === 'forget') await server.forget(id).catch(() => rejected++); else await server.get(id).close();
  }
  stop.abort();
  await Promise.all(traffic.map((t) => Promise.race([t, sleep(3000)])));
  const fenced = log.lines.filter((l) => l.startsWith('error another process')).length;
  console.log(how, { fenced, loopsThatThrew: unhandled, rejected });
  await Promise.all(clients.map((c) => c.close())); await server.close(); await store.close();
  expect(fenced).toBe(0);
}, 100_000);
