import { HOST, Program, board, holdPort, serve } from '@iot/app-kit/testing';
import { expect, it } from 'vitest';
import { iot } from './iot.js';

const wrong = async (...args: string[]) => {
  const { code, stdout, stderr } = await iot('chaos', ...args);
  expect(stdout).toBe('');
  return { code, stderr };
};

it('chaos cuts the links to a server again and again, and no line is lost', async () => {
  const server = await serve();
  const to = `${HOST}:${server.address.port}`;
  const chaos = new Program('iot', ['chaos', '--to', to, '--every', '1s', '--for', '200ms']);
  const [, port] = await chaos.printed(/ {2}listening on 127\.0\.0\.1:(\d+), the server is /);
  const client = board('1', Number(port), { backoff: { maxMs: 200 }, badServer: () => undefined });
  const conn = await server.client('1');
  let sent = 0;
  while (client.connects < 3) {
    await client.write(String(sent));
    expect(await conn.readline()).toBe(String(sent));
    sent += 1;
  }
  const { stdout } = await chaos.interrupted();
  expect(stdout).toMatch(/ {2}refuse\n.* {2}cut how rst\n.* {2}heal\n/s);
  expect(stdout).toMatch(/\d+ of \d+ links, to server .*, cuts [2-9]\d*/);
});

it('chaos says in one line that its port is taken, with exit code 1', async () => {
  const listen = `${HOST}:${await holdPort()}`;
  expect(await wrong('--listen', listen, '--to', `${HOST}:1`)).toEqual({
    code: 1,
    stderr: `error: cannot listen on ${listen}: the port is in use\n`,
  });
});

it.each([
  ['', "required option '--to <host:port>' not specified"],
  [
    '--to h:1 --every 5',
    "option '--every <time>' argument '5' is invalid. It must be a time like 500ms, 5s, 2m or 1h",
  ],
  ['--to h:1 --every 2s --for 2s', '--for must be shorter than --every'],
  [
    '--to h:1 --script nowhere',
    "option '--script <file>' argument 'nowhere' is invalid. It cannot be read (ENOENT).",
  ],
])('chaos %s is one line and exit code 2', async (args, message) => {
  const { code, stderr } = await wrong(...args.split(' ').filter((arg) => arg !== ''));
  expect(stderr).toMatch(/^error: [^\n]*\n$/);
  expect(stderr).toContain(`error: ${message}`);
  expect(code).toBe(2);
});
