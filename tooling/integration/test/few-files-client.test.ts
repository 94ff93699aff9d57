/** A client whose process has no more file descriptors when its link is lost: an outage like any other. */
import { listen } from '@iot/server';
import { News } from '@iot/vitest-config/news';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';

const PROGRAM = fileURLToPath(new URL('few-files-client.ts', import.meta.url));
const FILES = 80;

it('tries again until there are some, and loses no line', async () => {
  await using server = await listen({ port: 0, host: '127.0.0.1', timeout: 20_000 });
  const command = `ulimit -n ${FILES}; exec "$0" --import tsx --conditions=@iot/source "$1" ${server.address.port}`;
  const child = spawn('sh', ['-c', command, process.execPath, PROGRAM], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const news = new News();
  const said: string[] = [];
  child.on('message', (what: string) => {
    said.push(what);
    news.tell();
  });
  const board = await server.client('board');
  await server.disconnect('board', 'to see it come again');
  const line = board.write('over the outage');
  await news.until(() => said.some((what) => what.includes('EMFILE')));
  child.send('go on');
  await line;
  expect(await board.readline()).toBe('over the outage');
  await news.until(() => said.at(-1) === 'up');
  expect(said.slice(0, 2)).toEqual(['up', 'down']);
}, 60_000);
