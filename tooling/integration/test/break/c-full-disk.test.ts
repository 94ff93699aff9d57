import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync, rmSync, statfsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { listen } from '@iot/server';
import { levelStore } from '@iot/store-level';
import { Board } from './board.js';
import { logger, sleep, within } from './util.js';

it('a server whose disk is full can be closed', async () => {
  const dir = '/tmp/break/full'; mkdirSync(dir, { recursive: true });
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', dir]);
  try {
    const log = logger();
    const store = await levelStore(`${dir}/data`, { logger: log });
    const server = await listen({ port: 0, host: '127.0.0.1', timeout: 2000, store, logger: log });
    const board = await Board.up(server, 'a');
    board.says('00one\n'); await board.hears('00\n');
    const { bavail, bsize } = statfsSync(dir);
    try { writeFileSync(`${dir}/fill`, Buffer.alloc(bavail * bsize)); } catch { /* full */ }
    // What LevelDB has room for in its last page.
    board.says(`01${'x'.repeat(2000)}\n`); await sleep(300); 
    board.says(`02${'y'.repeat(8000)}\n`); await sleep(1000);
    const t = performance.now();
    const closing = server.close().then(() => 'closed');
    const r = await within(closing, 15_000);
    console.log(r, Math.round(performance.now() - t), 'ms', log.lines.join('\n'));
    rmSync(`${dir}/fill`);
    console.log('with space:', await within(closing, 5000));
    board.socket.destroy(); await store.close();
    expect(r).toBe('closed');
  } finally { await sleep(100); execFileSync('umount', ['-l', dir]); }
}, 60_000);
