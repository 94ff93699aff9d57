import { memoryStore, type Entry, type SessionStore } from '@iot/connection';
import { describe, expect, it } from 'vitest';
import { listen } from '@iot/server';
import { connect } from '@iot/client';
import { Board } from './board.js';
import { hooked, logger, never, sleep, within } from './util.js';
const opts = { port: 0, host: '127.0.0.1', timeout: 500 };
describe('log', () => {
  it('a store that hangs is told to the logger', async () => {
    let hang = false; const log = logger();
    const store = hooked({ append: () => (hang ? never : Promise.resolve()) });
    const server = await listen({ ...opts, store, logger: log });
    const board = await Board.up(server, 'a'); hang = true;
    const beat = setInterval(() => board.says('\n'), 100);
    board.says('00one\n'); await sleep(5000); clearInterval(beat); board.socket.destroy();
    console.log('10 timeouts without an ack; heard', JSON.stringify(board.heard.replaceAll('\n', '')), log.lines);
    void server.close(); expect(log.lines.some((l) => /slow|store/.test(l))).toBe(true);
  }, 20_000);
  it('an append that is answered with a failure and happens late does not fence its own process', async () => {
    const inner = memoryStore(); let n = 0; const log = logger();
    const store: SessionStore = { ...hooked({}, inner), append: async (id: string, e: number, entries: readonly Entry[]) => {
      if (++n === 2) { void sleep(50).then(() => inner.append(id, e, entries)); throw new Error('the answer timed out'); }
      return inner.append(id, e, entries); } };
    const server = await listen({ ...opts, timeout: 2000, store, logger: log });
    const board = await Board.up(server, 'a');
    board.says('00one\n'); await board.hears('00\n'); board.says('01two\n');
    await sleep(600); console.log(JSON.stringify(board.heard), log.lines.filter((l) => !l.startsWith('info')));
    board.socket.destroy(); await server.close();
    expect(log.lines.some((l) => l.includes('another process'))).toBe(false);
  });
  it('a failed append to a store that has gone back acks nothing', async () => {
    // The folder was replaced by an older copy behind the back of the process.
    let inner = memoryStore(); let n = 0; const log = logger(); let old: SessionStore | undefined;
    const snap = async (id: string) => { const s = await inner.load(id); const m = memoryStore(); await m.append(id, 0, s!.entries.map(([, e]) => e)); return { m, s }; };
    const store: SessionStore = { load: (id) => (old ?? inner).load(id), ids: () => inner.ids(), close: () => inner.close(), trim: async () => undefined,
      append: async (id: string, e: number, entries: readonly Entry[]) => { n++; if (old !== undefined) { throw new Error('EIO'); } return inner.append(id, e, entries); } };
    const server = await listen({ ...opts, timeout: 2000, store, logger: log });
    const board = await Board.up(server, 'a');
    board.says('00one\n'); await board.hears('00\n'); const { m } = await snap('a');
    board.says('01two\n'); await board.hears('01\n');
    old = m; board.says('02three\n'); await sleep(500);
    const stored = JSON.stringify((await m.load('a'))?.entries);
    console.log('heard', JSON.stringify(board.heard), 'the store has three:', stored.includes('three'));
    board.socket.destroy(); await server.close();
    expect(board.heard).not.toContain('02');
  });
  it('ackWhen done with an unmodified board: a program that gathers two lines before it is done', async () => {
    const server = await listen({ ...opts, timeout: 2000, ackWhen: 'done' });
    const client = connect({ id: 'a', host: '127.0.0.1', port: server.address.port, timeout: 2000, protocol: 1 });
    await client.ready(); for (let i = 0; i < 5; i++) void client.write(`l${i}`, { wait: false }).catch(() => undefined);
    const taken = []; const it = (await server.client('a')).messages()[Symbol.asyncIterator]();
    taken.push(await it.next()); const second = await within(it.next(), 6000);
    await client.close(); await server.close();
    expect(second).not.toBe('pending');
  }, 20_000);
  it('300 boards, a store that fails for 5 s', async () => {
    let fail = false;
    const store = hooked({ append: () => (fail ? Promise.reject(new Error('EIO')) : Promise.resolve()) });
    const server = await listen({ ...opts, timeout: 60_000, store });
    const boards = await Promise.all(Array.from({ length: 300 }, (_, i) => Board.up(server, `b${i}`)));
    fail = true; boards.forEach((b) => b.says('00one\n')); await sleep(5000);
    fail = false; const t = performance.now(); await Promise.all(boards.map((b) => b.hears('00\n'))); console.log('all acked after', Math.round(performance.now() - t), 'ms');
    boards.forEach((b) => b.socket.destroy()); await server.close();
  }, 60_000);
});
