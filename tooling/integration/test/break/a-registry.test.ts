import { memoryStore, type Entry } from '@iot/connection';
import { afterEach, describe, expect, it } from 'vitest';
import { listen } from '@iot/server';
import { Board } from './board.js';
import { hooked, logger, never, sleep, within } from './util.js';

const opts = { port: 0, host: '127.0.0.1', timeout: 2000 };
describe('registry', () => {
  it('maxSessions holds with a store', async () => {
    let go!: () => void; const gate = new Promise<void>((r) => (go = r));
    const store = hooked({ load: () => gate });
    const server = await listen({ ...opts, store, maxSessions: 2 });
    const refused: string[] = []; server.on('refused', (r) => refused.push(r));
    const boards = await Promise.all(Array.from({ length: 10 }, () => Board.dial(server)));
    boards.forEach((b, i) => b.says(`b${i}\n\n`));
    await sleep(200); go(); await sleep(300);
    const n = [...server.clients].length;
    boards.forEach((b) => b.socket.destroy()); await server.close();
    expect([n, refused.length]).toEqual([2, 8]);
  });

  it('a board that comes back while its connection is being closed is not fenced', async () => {
    const gates: (() => void)[] = []; let hold = false;
    const store = hooked({ append: async () => { if (hold) await new Promise<void>((r) => gates.push(r)); } });
    const log = logger();
    const server = await listen({ ...opts, store, logger: log });
    const board = await Board.up(server, 'a');
    board.says('00one\n'); await board.hears('00\n');
    const conn = server.get('a');
    expect(await conn.readline()).toBe('one');  // 'done' is to be stored lazily
    hold = true;
    const closed = conn.close();                // appends 'done' now
    const again = await Board.up(server, 'a');
    const second = server.get('a');
    let why: unknown = 'open'; void second.closed.then((e) => (why = e));
    again.says('01two\n');
    await sleep(100);
    hold = false; gates.splice(0).forEach((g) => g());
    await closed; await sleep(200);
    board.socket.destroy(); again.socket.destroy(); await server.close();
    console.log(log.lines.join('\n'));
    expect(String(why)).toBe('open');
  });

  it('forget and a reconnect at the same time: nobody is fenced', async () => {
    const gates: (() => void)[] = []; let hold = false;
    const store = hooked({ append: async (_id, entries: readonly Entry[]) => {
      if (hold && entries.some((e) => e.kind === 'done')) await new Promise<void>((r) => gates.push(r)); } });
    const log = logger();
    const server = await listen({ ...opts, store, logger: log });
    const board = await Board.up(server, 'a');
    board.says('00one\n'); await board.hears('00\n');
    expect(await server.get('a').readline()).toBe('one');
    hold = true;
    const forgotten = server.forget('a').then((v) => `forgot ${v}`, (e: Error) => `rejected ${e.message}`);
    const again = await Board.up(server, 'a');
    let why: unknown = 'open'; void server.get('a').closed.then((e) => (why = e));
    await sleep(50);
    hold = false; gates.splice(0).forEach((g) => g());
    const answer = await forgotten;
    again.says('00new line\n');
    await sleep(300);
    board.socket.destroy(); again.socket.destroy();
    console.log(answer, String(why), log.lines.join('\n'));
    await server.close();
    expect([answer, String(why)]).toEqual(['forgot true', 'open']);
  });

  it('a session that is damaged leaves no port behind', async () => {
    const store = memoryStore();
    await store.append('a', 0, [{ kind: 'checkpoint', owner: 'x', snapshot: {} }]);
    const probe = await listen(opts); const { port } = probe.address; await probe.close();
    const failed = await listen({ ...opts, port, store }).then(() => 'listens', (e: { code: string }) => e.code);
    const second = await listen({ ...opts, port }).then(async (s) => { await s.close(); return 'listens'; }, (e: { code: string }) => e.code);
    expect([failed, second]).toEqual(['ERR_STORE_DAMAGED', 'listens']);
  });

  it('server.close() with an append that hangs', async () => {
    let hang = false;
    const store = hooked({ append: () => (hang ? never : Promise.resolve()) });
    const server = await listen({ ...opts, store });
    const board = await Board.up(server, 'a');
    hang = true;
    board.says('00one\n'); await sleep(50);
    const closed = within(server.close().then(() => 'closed'), 8000);
    const r = await closed;
    board.socket.destroy();
    expect(r).toBe('closed');
  }, 20000);

  it('has() of a session that was closed here and is in the store', async () => {
    const store = memoryStore();
    const server = await listen({ ...opts, store });
    const board = await Board.up(server, 'a');
    board.says('00one\n'); await board.hears('00\n');
    await server.get('a').close();
    const has = server.has('a');
    const again = await Board.up(server, 'a');
    const it = server.get('a').messages()[Symbol.asyncIterator]();
    const { value } = await it.next();
    console.log('unread line after close(): ', value?.text, 'redelivered', value?.redelivered);
    board.socket.destroy(); again.socket.destroy(); await server.close();
    expect([has, value?.redelivered]).toEqual([true, false]);
  });

  it('a load that hangs', async () => {
    const store = hooked({ load: () => never });
    const server = await listen({ ...opts, timeout: 300, store });
    const boards = [];
    for (let i = 0; i < 5; i++) { const b = await Board.dial(server); b.says(`b${i}\n\n`); boards.push(b); }
    await sleep(1500);
    const open = boards.filter((b) => b.socket.readyState === 'open').length;
    boards.forEach((b) => b.socket.destroy());
    const r = await within(server.close().then(() => 'closed'), 2000);
    expect([open, r]).toEqual([0, 'closed']);
  });
  it('empty and odd ids', async () => {
    const store = memoryStore(); const log = logger();
    const ids = ['\ud800', '', '__proto__', 'a\u0000b', 'é', '🙂'];
    const server = await listen({ ...opts, store, expected: ids, logger: log }).catch((e) => e);
    if (server instanceof Error) { console.log('listen', server.message); return; }
    for (const id of ids.slice(2)) { const b = await Board.up(server, id); b.says('00x\n'); await b.hears('00\n'); b.socket.destroy(); }
    const seen = []; for await (const id of store.ids()) seen.push(id);
    await server.close(); console.log(seen, log.lines.filter((l) => !l.startsWith('info')));
  });
});
