import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { HeldBytes } from '../src/held-bytes.js';

/** A socket of a server, and what writes to it. */
async function sockets(): Promise<[near: Socket, far: Socket]> {
  const server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const far = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [near] = (await once(server, 'connection')) as [Socket];
  onTestFinished(() => {
    near.destroy();
    far.destroy();
    server.close();
  });
  return [near, far];
}

it('bytes that come while a newcomer waits are kept after what came before', async () => {
  const [near, far] = await sockets();
  const all = new Promise<string>((resolve) => {
    const held = new HeldBytes(near, Buffer.from('fi'), (bytes) => {
      if (bytes.length === 5) resolve(String(held.finish()));
    });
  });
  far.write('rst');
  expect(await all).toBe('first');
  expect(near.isPaused()).toBe(true);
});

it('a newcomer that sends without end while it waits is not read beyond a limit', async () => {
  const [near, far] = await sockets();
  let held = 0;
  const paused = once(near, 'pause');
  new HeldBytes(near, Buffer.alloc(0), (bytes) => (held = bytes.length));
  const chunk = Buffer.alloc(64 * 1024);
  while (far.write(chunk));
  far.write(Buffer.alloc(16 * 1024 * 1024));
  await paused;
  const before = held;
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  expect(near.isPaused()).toBe(true);
  expect(held).toBe(before);
  expect(held).toBeLessThan(1024 * 1024);
});
