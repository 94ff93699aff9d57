import { memoryStore, type Entry } from '@iot/connection';
import { describe, expect, it } from 'vitest';
import { listen } from '@iot/server';
import { connect } from '@iot/client';
import { Board } from './board.js';
import { hooked, logger, never, sleep, within } from './util.js';

const opts = { port: 0, host: '127.0.0.1', timeout: 2000 };
describe('ends', () => {
  it('a board that comes back while it is being forgotten for its age: no acked line is lost', async () => {
    const gates: (() => void)[] = []; let hold = false; let calls = 0;
    const store = hooked({ load: async () => { if (hold && calls++ === 0) await new Promise<void>((r) => gates.push(r)); } });
    const log = logger();
    const server = await listen({ ...opts, store, forgetAfterMs: 200, logger: log });
    const board = await Board.up(server, 'a');
    board.says('00one\n'); await board.hears('00\n');
    expect(await server.get('a').readline()).toBe('one');
    await sleep(1300);
    hold = true;
    board.socket.destroy();
    while (gates.length === 0) await sleep(20);          // its time has come: the store is slow to load
    const again = await Board.up(server, 'a');
    again.says('01two\n'); await again.hears('01\n');    // acked
    gates.splice(0).forEach((g) => g());                 // the forgetting goes on
    await sleep(300);
    again.says('02three\n'); await sleep(300);
    const third = await Board.up(server, 'a');           // the board is back
    third.says('02three\n'); await third.hears('02\n');
    const got: string[] = [];
    const conn = server.get('a');
    for (let line = await within(conn.readline(), 300); line !== 'pending'; line = await within(conn.readline(), 300)) got.push(line);
    third.socket.destroy(); again.socket.destroy();
    console.log(log.lines.join('\n'));
    await server.close();
    expect(got).toEqual(['two', 'three']);
  }, 20000);

  it('a write that rejects with ClosedError and was not sent does not arrive later', async () => {
    const store = memoryStore();
    const server = await listen({ ...opts });
    const { port } = server.address;
    const first = connect({ id: 'a', host: '127.0.0.1', port: 1, timeout: 2000, store });
    const write = first.write('pay 100').then(() => 'ok', (e: Error) => e.message);
    await sleep(100);
    await first.close();
    console.log('write:', await write);
    const second = connect({ id: 'a', host: '127.0.0.1', port, timeout: 2000, store });
    await second.ready();
    await second.write('pay 100');   // the program writes again what was rejected and had not been sent
    await sleep(300);
    const got: string[] = []; const conn = server.get('a');
    for (let line = await within(conn.readline(), 300); line !== 'pending'; line = await within(conn.readline(), 300)) got.push(line);
    await second.close(); await server.close();
    expect(got).toEqual(['pay 100']);
  });

  it('aborting a line that was not sent withdraws it (v2, its append waits)', async () => {
    const gates: (() => void)[] = []; let hold = false;
    const store = hooked({ append: async () => { if (hold) await new Promise<void>((r) => gates.push(r)); } });
    const server = await listen({ ...opts });
    const client = connect({ id: 'a', host: '127.0.0.1', port: server.address.port, timeout: 2000, store });
    await client.ready(); await client.write('zero');
    hold = true;
    const abort = new AbortController();
    const write = client.write('secret', { signal: abort.signal }).catch(() => 'aborted');
    await sleep(100);
    abort.abort();
    expect(await write).toBe('aborted');
    hold = false; gates.splice(0).forEach((g) => g());
    await sleep(500);
    const got: string[] = []; const conn = server.get('a');
    for (let line = await within(conn.readline(), 300); line !== 'pending'; line = await within(conn.readline(), 300)) got.push(line);
    await client.close(); await server.close();
    expect(got).toEqual(['zero']);
  });

  it('client.close() while the load hangs', async () => {
    const client = connect({ id: 'a', host: '127.0.0.1', port: 1, timeout: 2000, store: hooked({ load: () => never }) });
    const r = await within(client.close().then(() => 'closed'), 3000);
    expect(r).toBe('closed');
  });

  it('load fails: what ready and closed say', async () => {
    const store = hooked({ load: () => Promise.reject(new Error('bad')) });
    const client = connect({ id: 'a', host: '127.0.0.1', port: 1, timeout: 2000, store });
    const ready = await client.ready().catch((e: Error) => `${e.constructor.name} ${e.message} / ${(e.cause as Error)?.message}`);
    const closed = await client.closed;
    console.log(ready, '|', closed);
  });

  it('after one slow commit a failing store is still told to the logger', async () => {
    let slow = true; let fail = false;
    const store = hooked({ append: async () => { if (slow) await sleep(1100); if (fail) throw new Error('EIO'); } });
    const log = logger();
    const server = await listen({ ...opts, store, logger: log });
    const board = await Board.up(server, 'a');
    board.says('00one\n'); await board.hears('00\n'); slow = false;
    board.says('01one\n'); await board.hears('01\n');
    fail = true; board.says('02one\n'); await sleep(1500); fail = false;
    board.socket.destroy(); await server.close();
    console.log(log.lines.join('\n'));
    expect(log.lines.some((l) => l.includes('has failed'))).toBe(true);
  });

  it('store closed under a running server', async () => {
    const store = memoryStore(); const log = logger();
    const server = await listen({ ...opts, store, logger: log });
    const board = await Board.up(server, 'a');
    let why: unknown = 'open'; void server.get('a').closed.then((e) => (why = e));
    board.says('00one\n'); await board.hears('00\n');
    await store.close();
    board.says('01two\n'); await sleep(1500);
    console.log('heard', JSON.stringify(board.heard), String(why), log.lines.join('\n'));
    const r = await within(server.close().then(() => 'closed'), 3000);
    board.socket.destroy();
    expect([String(why) === 'open', r]).toEqual([false, 'closed']);
  });

  it('a client and a server of one process, one store, the same id', async () => {
    const store = memoryStore(); const log = logger();
    const server = await listen({ ...opts, store, logger: log });
    const client = connect({ id: 'a', host: '127.0.0.1', port: server.address.port, timeout: 2000, store });
    let why: unknown = 'open'; void client.closed.then((e) => (why = e));
    const w = await within(client.write('x').then(() => 'written', (e: Error) => e.message), 3000);
    console.log(w, String(why), log.lines.join('\n'));
    await client.close(); await server.close();
    expect(w).toBe('written');
  });

  it('messages of a graceful end: done() after close()', async () => {
    const store = memoryStore();
    const server = await listen({ ...opts, store });
    const board = await Board.up(server, 'a');
    board.says('00one\n'); await board.hears('00\n');
    const it = server.get('a').messages()[Symbol.asyncIterator]();
    const { value } = await it.next();
    await server.close();
    value!.done();
    await sleep(1200);
    const second = await listen({ ...opts, store });
    const again = await within(second.get('a').messages()[Symbol.asyncIterator]().next(), 500);
    board.socket.destroy(); await second.close();
    console.log(again === 'pending' ? again : again.value?.redelivered);
    expect(again).toBe('pending');
  });
  it('append that answers undefined', async () => {
    const store = { ...hooked({}), append: async (_: string, __: number, ___: readonly Entry[]) => undefined as never };
    const server = await listen({ ...opts, store });
    const board = await Board.up(server, 'a');
    board.says('00one\n'); await sleep(300);
    console.log('undefined answer:', JSON.stringify(board.heard));
    board.socket.destroy(); await server.close();
  });
});
