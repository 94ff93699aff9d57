/** A server with a small heap, and more lines for it than that holds: its limits keep it there. */
import { connect } from '@iot/client';
import { News } from '@iot/vitest-config/news';
import { spawn } from 'node:child_process';
import { connect as dial } from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';

const HOST = '127.0.0.1';
const PROGRAM = fileURLToPath(new URL('unread-server.ts', import.meta.url));
const TIMEOUT = 20_000;
const HEAP_MIB = 64;
/** Each may fill 512 KiB of the server, by the limits of one client: 100 MiB in all. */
const FLOODS = 200;
const LINES = Array.from({ length: 8 }, (_, at) => `0${at + 1}${'x'.repeat(60_000)}\n`);

it('does not run out of it when many clients flood it with lines that it does not read, and serves the others', async () => {
  const news = new News();
  let told: { readonly port?: number; readonly heldOff?: true } = {};
  const args = [`--max-old-space-size=${HEAP_MIB}`, '--import', 'tsx', '--conditions=@iot/source'];
  const server = spawn(process.execPath, [...args, PROGRAM, String(TIMEOUT)], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  onTestFinished(() => void server.kill('SIGKILL'));
  let ended = false;
  server.on('exit', () => {
    ended = true;
    news.tell();
  });
  server.on('message', (what: object) => {
    told = { ...told, ...what };
    news.tell();
  });
  const port = await news.until(() => told.port ?? false);
  const healthy = connect({ id: 'healthy', host: HOST, port, timeout: TIMEOUT });
  onTestFinished(() => healthy.close());
  await healthy.ready();
  let acked = 0;
  for (let flood = 0; flood < FLOODS; flood++) {
    const socket = dial(port, HOST);
    onTestFinished(() => void socket.destroy());
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      acked += bytes.length;
      news.tell();
    });
    socket.write(`flood ${flood}\n\n${LINES.join('')}`);
  }
  await news.until(() => ended || (acked > 0 && told.heldOff === true));
  for (let n = 0; n < 100; n++) {
    await healthy.write(`line ${n}`);
    expect(await healthy.readline()).toBe(`line ${n}`);
  }
  expect(ended).toBe(false);
  expect(healthy.connects).toBe(1);
}, 60_000);
