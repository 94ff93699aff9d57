/** A machine that has no more ports for outgoing sockets: links go on, and a client tries again until there is one. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';

const PROGRAM = fileURLToPath(new URL('few-ports-client.ts', import.meta.url));

it('costs no link, and a client comes in once there is a port', async () => {
  // A network of its own, with four ports.
  const command =
    'ip link set lo up && echo 40000 40003 >/proc/sys/net/ipv4/ip_local_port_range && exec "$0" --import tsx --conditions=@iot/source "$1"';
  const child = spawn(
    'unshare',
    ['--map-root-user', '--net', 'sh', '-c', command, process.execPath, PROGRAM],
    {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` },
    },
  );
  onTestFinished(() => void child.kill('SIGKILL'));
  const told: unknown[] = [];
  child.on('message', (what) => void told.push(what));
  const [code] = (await once(child, 'exit')) as [number];
  expect(code, 'this test needs Linux, and that it may make a network (unshare)?').toBe(0);
  expect(told).toEqual([
    { id: 'first', line: 'a line', connects: 1 },
    { id: 'second', line: 'a line', connects: 1 },
    { codes: ['EADDRNOTAVAIL'] },
  ]);
}, 60_000);
