import { memoryStore } from '@iot/connection';
import { expect, it } from 'vitest';
import { listen } from '@iot/server';
import { connect } from '@iot/client';
import { hooked, logger, never, sleep, within } from './util.js';
const opts = { port: 0, host: '127.0.0.1', timeout: 500 };
it('odd client ids with a store', async () => {
  for (const id of ['\ud800', 'a\u0000b', '__proto__', 'x'.repeat(256)]) {
    let r: unknown; try { const c = connect({ id, host: '127.0.0.1', port: 1, store: memoryStore(), badServer: () => never }); void c.write('x').catch(() => undefined); r = await within(c.closed, 300); await c.close(); } catch (e) { r = (e as Error).message; }
    console.log(JSON.stringify(id.slice(0, 12)), String(r));
  }
  const log = logger(); const store = memoryStore();
  const server = await listen({ ...opts, store, expected: ['\ud800'], logger: log }).catch((e: Error) => e.message);
  console.log('expected lone surrogate:', typeof server === 'string' ? server : 'listens'); if (typeof server !== 'string') await server.close();
});
it('await using: what is said of stored writes', async () => {
  const log = logger(); const store = memoryStore();
  { await using client = connect({ id: 'a', host: '127.0.0.1', port: 1, timeout: 500, store, closeTimeoutMs: 100, logger: log, badServer: () => sleep(5) }); void client.write('x').catch((e: Error) => console.log('write', e.message)); }
  const server = await listen(opts);
  const c = connect({ id: 'a', host: '127.0.0.1', port: server.address.port, timeout: 500, store });
  const line = await (await server.client('a')).readline();
  console.log(log.lines.filter((l) => l.includes('dropped')), 'and it arrived later:', line);
  await c.close(); await server.close();
  expect(log.lines.some((l) => l.includes('dropped'))).toBe(false);
});
it('a busy server is closed and started again: forgotten ids stay in the store', async () => {
  const store = memoryStore();
  const server = await listen({ ...opts, timeout: 2000, store });
  for (let i = 0; i < 20; i++) { const c = connect({ id: `c${i}`, host: '127.0.0.1', port: server.address.port, timeout: 2000 }); await c.write('x'); await server.get(`c${i}`).readline(); await c.close(); await server.forget(`c${i}`); }
  let n = 0; for await (const id of store.ids()) { void id; n++; }
  await server.close(); console.log('ids left after forget', n); expect(n).toBe(0);
});
