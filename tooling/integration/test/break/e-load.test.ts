import { memoryStore, type Entry } from '@iot/connection';
import { describe, expect, it } from 'vitest';
import { mkdtempSync } from 'node:fs';
import { listen } from '@iot/server';
import { levelStore } from '@iot/store-level';
import { connect } from '@iot/client';
import { Board } from './board.js';
import { hooked, logger, never, sleep, within } from './util.js';

const opts = { port: 0, host: '127.0.0.1', timeout: 2000 };
const heap = () => { globalThis.gc?.(); return Math.round(process.memoryUsage().heapUsed / 1e6); };
/** Longest stop of the event loop. */
function stall() { let last = performance.now(); let most = 0; const t = setInterval(() => { const n = performance.now(); most = Math.max(most, n - last - 5); last = n; }, 5); return () => { clearInterval(t); return Math.round(most); }; }

describe('load', () => {
  it('100,000 lines written while the store hangs', async () => {
    let gate: Promise<void> | undefined; let open!: () => void;
    const store = hooked({ append: () => gate ?? Promise.resolve() });
    const server = await listen({ ...opts, maxUnreadLines: 200_000, maxUnreadBytes: 1e9 });
    const client = connect({ id: 'a', host: '127.0.0.1', port: server.address.port, timeout: 2000, store });
    await client.ready(); await client.write('0');
    gate = new Promise((r) => (open = r));
    const h0 = heap();
    const writes = Array.from({ length: 100_000 }, (_, i) => client.write(`line ${i} ${'x'.repeat(80)}`));
    await sleep(3000); const h1 = heap();
    const s = stall(); const t = performance.now(); gate = undefined; open();
    const r = await within(Promise.all(writes).then(() => 'all'), 60_000);
    console.log('heap MB', h0, h1, heap(), r, Math.round(performance.now() - t), 'ms, stall', s());
    await client.close(); await server.close();
  }, 100_000);

  it('done entries and again while a store hangs: 100,000 undone lines of ackWhen received', async () => {
    const server = await listen({ ...opts, store: memoryStore() });
    const client = connect({ id: 'a', host: '127.0.0.1', port: server.address.port, timeout: 2000 });
    await client.ready(); const conn = await server.client('a');
    const h0 = heap(); let n = 0; const s = stall();
    const loop = (async () => { for await (const m of conn.messages()) { n++; void m; } })(); // never done()
    for (let i = 0; i < 20; i++) await Promise.all(Array.from({ length: 5000 }, (_, j) => client.write(`line ${i} ${j} ${'x'.repeat(80)}`)));
    console.log('undone', n, 'heap MB', h0, heap(), 'stall', s());
    await client.close(); await server.close(); await loop;
  }, 100_000);

  it('checkpoint of 100,000 unread lines', async () => {
    const dir = mkdtempSync('/tmp/break/big-');
    const store = await levelStore(dir, { durability: 'relaxed' });
    const o = { ...opts, maxUnreadLines: 200_000, maxUnreadBytes: 1e9 };
    const server = await listen({ ...o, store });
    const client = connect({ id: 'a', host: '127.0.0.1', port: server.address.port, timeout: 2000 });
    await client.ready(); const s = stall(); const t0 = performance.now();
    for (let i = 0; i < 20; i++) await Promise.all(Array.from({ length: 5000 }, (_, j) => client.write(`line ${i} ${j} ${'x'.repeat(80)}`)));
    console.log('100,000 lines', Math.round(performance.now() - t0), 'ms stall', s(), 'outages', client.stats.outages);
    await server.close(); 
    const s1 = stall(); const t = performance.now();
    const second = await listen({ ...o, port: server.address.port, store });
    console.log('listen', Math.round(performance.now() - t), 'ms, stall', s1(), 'unread', second.get('a').stats);
    const conn = second.get('a'); let n = 0; const s2 = stall(); const t2 = performance.now();
    for await (const m of conn.messages()) { m.done(); if (++n === 100_000) break; }
    console.log('read', n, Math.round(performance.now() - t2), 'ms stall', s2());
    await client.write('end'); expect(await conn.readline()).toBe('end');
    await client.close(); await second.close(); await store.close();
  }, 200_000);

  it('2,000 sessions at start', async () => {
    const dir = mkdtempSync('/tmp/break/many-');
    const store = await levelStore(dir, { durability: 'relaxed' });
    for (let i = 0; i < 2000; i++) void store.append(`b${i}`, 0, [{ kind: 'owner', epoch: 'x', node: 'n' }, { kind: 'in', version: 1, id: 0, fingerprint: 1, link: 1, restarted: false, zero: 'received', line: 'x', at: 1 }] as Entry[]);
    await sleep(500);
    const h0 = heap(); const s = stall(); const t = performance.now();
    const server = await listen({ ...opts, store });
    const tl = Math.round(performance.now() - t);
    await server.once('client'); 
    console.log('listen', tl, 'ms stall', s(), 'heap', h0, heap(), [...server.clients].length);
    const t1 = performance.now(); await server.close(); console.log('close', Math.round(performance.now() - t1)); await store.close();
  }, 60_000);

  it('a failing store: timers and memory with 500 sessions', async () => {
    let fail = false;
    const store = hooked({ append: () => (fail ? Promise.reject(new Error('EIO')) : Promise.resolve()) });
    const server = await listen({ ...opts, store });
    const boards = await Promise.all(Array.from({ length: 300 }, (_, i) => Board.up(server, `b${i}`)));
    fail = true; boards.forEach((b) => b.says('00one\n')); const s = stall(); await sleep(5000); console.log('stall', s());
    fail = false; const t = performance.now(); await Promise.all(boards.map((b) => b.hears('00\n'))); console.log('all acked after', Math.round(performance.now() - t), 'ms');
    boards.forEach((b) => b.socket.destroy()); await server.close();
  }, 60_000);
});
