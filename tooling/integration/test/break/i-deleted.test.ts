import { mkdtempSync, rmSync, readdirSync, existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { listen } from '@iot/server';
import { levelStore } from '@iot/store-level';
import { Board } from './board.js';
import { logger, sleep, within } from './util.js';
it.each(['deleted', 'emptied'])('a store whose folder is %s under a running server acks nothing that is not stored', async (how) => {
  const dir = mkdtempSync('/tmp/break/del-') + '/data'; const log = logger();
  const store = await levelStore(dir, { logger: log });
  const server = await listen({ port: 0, host: '127.0.0.1', timeout: 5000, store, logger: log });
  const board = await Board.up(server, 'a');
  board.says('00one\n'); await board.hears('00\n');
  if (how === 'deleted') rmSync(dir, { recursive: true }); else for (const f of readdirSync(dir)) rmSync(`${dir}/${f}`, { recursive: true });
  let n = 0; const conn = server.get('a'); const got: string[] = []; void (async () => { for await (const l of conn) got.push(l); })().catch(() => undefined);
  for (let i = 1; i < 200; i++) {
    const id = i.toString(16).padStart(2, '0'); board.says(`${id}${'x'.repeat(60_000)}\n`);
    if (await within(board.hears(`${id}\n`).then(() => 1), 3000) === 'pending') break;
    n = i;
  }
  const files = existsSync(dir) ? readdirSync(dir) : [];
  console.log(how, 'acked', n, 'files', files, log.lines.filter((l) => !l.includes('link is up')));
  board.socket.destroy(); await within(server.close(), 3000); await within(store.close().catch((e) => console.log('close', e.message)), 3000);
  const again = await levelStore(dir).catch((e: Error) => e); 
  if (again instanceof Error) console.log(again.message); else { const s = await again.load('a').catch((e: Error) => e.message); console.log('stored entries', typeof s === 'object' ? s.entries.length : s); await again.close(); }
  expect(n).toBe(0);
}, 120_000);
