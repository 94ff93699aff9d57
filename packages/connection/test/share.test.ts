/** However much one link brings, it gets its share of a turn of the event loop, and the others theirs. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import * as tls from 'node:tls';
import { Authority } from '@iot/vitest-config/certificates';
import { expect, it, onTestFinished } from 'vitest';
import { TcpTransport } from '../src/node/index.js';

type Sockets = readonly [near: Socket, far: Socket];

async function plain(): Promise<Sockets> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const far = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [near] = (await once(server, 'connection')) as [Socket];
  server.close();
  return [near, far];
}

async function secure(): Promise<Sockets> {
  const authority = new Authority();
  const server = tls.createServer(authority.issue({ name: 'server', names: ['127.0.0.1'] }));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const far = tls.connect({ port, host: '127.0.0.1', ca: authority.ca });
  const [near] = (await once(server, 'secureConnection')) as [Socket];
  server.close();
  return [near, far];
}

it.each([
  ['TCP', plain],
  ['TLS', secure],
])(
  'a link over %s that floods is handled for 16 KiB in a turn, and every byte comes in order',
  async (_, open) => {
    const [near, far] = await open();
    onTestFinished(() => {
      near.destroy();
      far.destroy();
    });
    const total = 4 * 1024 * 1024;
    far.write(Uint8Array.from({ length: total }, (_, place) => place % 251));
    let inTurn = 0;
    let most = 0;
    let at = 0;
    let wrong = 0;
    let ended: () => void;
    const done = new Promise<void>((resolve) => (ended = resolve));
    const look = () => {
      most = Math.max(most, inTurn);
      inTurn = 0;
      if (at < total) setImmediate(look);
      else ended();
    };
    new TcpTransport(near).start({
      data(chunk) {
        inTurn += chunk.length;
        for (const byte of chunk) if (byte !== at++ % 251) wrong += 1;
      },
      drain: () => undefined,
      ended: () => undefined,
    });
    look();
    await done;
    expect(wrong).toBe(0);
    // Between two looks, which are in the middle of a turn, are parts of two.
    expect(most).toBeLessThanOrEqual(32 * 1024);
  },
);

it.each([
  ['TCP', plain],
  ['TLS', secure],
])(
  'a link over %s that is held off again and again reports nothing meanwhile, and loses no byte',
  async (_, open) => {
    const [near, far] = await open();
    onTestFinished(() => {
      near.destroy();
      far.destroy();
    });
    const total = 1024 * 1024;
    far.end(Uint8Array.from({ length: total }, (_, place) => place % 251));
    let held = false;
    let at = 0;
    let wrong = 0;
    let whileHeld = 0;
    const transport = new TcpTransport(near);
    const ended = new Promise((resolve) => {
      transport.start({
        data(chunk) {
          if (held) whileHeld += 1;
          for (const byte of chunk) if (byte !== at++ % 251) wrong += 1;
          held = true;
          transport.hold(true);
          // Long enough for what is in the socket to be read.
          let turns = 3;
          const later = (): void => {
            if (turns-- > 0) return void setImmediate(later);
            held = false;
            transport.hold(false);
          };
          later();
        },
        drain: () => undefined,
        ended: resolve,
      });
    });
    expect(await ended).toBe('fin');
    expect({ at, wrong, whileHeld }).toEqual({ at: total, wrong: 0, whileHeld: 0 });
  },
);
