/** A server that has no more file descriptors keeps its links, and takes clients in again by itself. */
import { connect } from '@iot/client';
import { News } from '@iot/vitest-config/news';
import { spawn } from 'node:child_process';
import { connect as dial, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';

const HOST = '127.0.0.1';
const PROGRAM = fileURLToPath(new URL('echo-server.ts', import.meta.url));
const TIMEOUT = 20_000;
const FILES = 80;
const STRANGERS = 2 * FILES;

/** Starts the server in a shell that limits its open files. */
function start(): Promise<number> {
  const news = new News();
  let port = 0;
  const command = `ulimit -n ${FILES}; exec "$0" --import tsx --conditions=@iot/source "$1" ${TIMEOUT}`;
  const child = spawn('sh', ['-c', command, process.execPath, PROGRAM], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  child.on('message', (told: number) => {
    port = told;
    news.tell();
  });
  return news.until(() => port > 0 && port);
}

it('is there again when files are, and its links have gone on', async () => {
  const port = await start();
  const options = { host: HOST, port, timeout: TIMEOUT };
  const healthy = connect({ id: 'healthy', ...options });
  onTestFinished(() => healthy.close());
  await healthy.ready();

  const strangers: Socket[] = [];
  onTestFinished(() => strangers.forEach((socket) => socket.destroy()));
  const refused = new News();
  let closed = 0;
  for (let count = 0; count < STRANGERS; count++) {
    const socket = dial(port, HOST);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      closed += 1;
      refused.tell();
    });
    strangers.push(socket);
  }
  await refused.until(() => closed >= STRANGERS - FILES);
  for (const line of ['one', 'two']) {
    await healthy.write(line);
    expect(await healthy.readline()).toBe(line);
  }

  for (const socket of strangers) socket.destroy();
  const late = connect({ id: 'late', ...options, badServer: () => Promise.resolve() });
  onTestFinished(() => late.close());
  await late.write('here');
  expect(await late.readline()).toBe('here');
  expect(healthy.connects).toBe(1);
}, 60_000);
