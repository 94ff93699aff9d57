import { mkdtempSync } from 'node:fs';
import { expect, it } from 'vitest';
import { listen } from '@iot/server';
import { connect } from '@iot/client';
import { levelStore } from '@iot/store-level';
import { logger, sleep, within } from './util.js';

// Every line is read as soon as it is there (a listener of `client` loops over each connection). A line whose write has
// resolved must be among those that were read, or come again: `forget` may discard only what was there when it was called.
it.each([false, true])('forget() again and again, store %s: acked lines that were begun after forget() had resolved', async (stored) => {
  const store = stored ? await levelStore(mkdtempSync('/tmp/break/lost-')) : undefined;
  const server = await listen({ port: 0, host: '127.0.0.1', timeout: 2000, store, logger: logger() });
  const read = new Set<string>(); let threw = 0;
  server.on('client', (c) => void (async () => { for await (const line of c) read.add(line); })().catch(() => threw++));
  const client = connect({ id: 'c', host: '127.0.0.1', port: server.address.port, timeout: 2000, backoff: { minMs: 1, maxMs: 3 } });
  await client.ready();
  const acked: string[] = []; let stop = false; let n = 0;
  const writer = (async () => { while (!stop) { const line = `l${n++}`; if (await within(client.write(line).then(() => 'ok'), 10_000) === 'ok') acked.push(line); } })();
  const t0 = performance.now();
  for (let i = 0; i < 60 && performance.now() - t0 < 40_000; i++) { await sleep(20 + (i % 7) * 3); await server.forget('c').catch(() => undefined); }
  await sleep(500); stop = true; await writer; await sleep(300);
  const lost = acked.filter((l) => !read.has(l));
  console.log({ stored, acked: acked.length, lost: lost.length, loopsThatThrew: threw });
  await client.close(); await server.close(); await store?.close();
  expect(lost).toEqual([]);
}, 90_000);
