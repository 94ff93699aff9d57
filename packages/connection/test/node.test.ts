import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import { nodeClock, peerAddress, TcpTransport } from '../src/node/index.js';
import { Recorder } from '../src/testing/recorder.js';

describe('the clock of Node', () => {
  it('calls back once the time has come, unless cancelled', async () => {
    const time = nodeClock.now() + 5;
    let cancelled = 'not called';
    nodeClock.at(time, () => (cancelled = 'called'))();
    nodeClock.nextTurn(() => (cancelled = 'called'))();
    await new Promise<void>((resolve) => nodeClock.at(time + 1, resolve));
    expect(nodeClock.now()).toBeGreaterThan(time - 1); // timers may be a little early
    expect(cancelled).toBe('not called');
  });

  it('does not turn a very long wait into a very short one', () => {
    const timers = vi.spyOn(globalThis, 'setTimeout');
    nodeClock.at(nodeClock.now() + 2 ** 40, () => undefined)();
    expect(timers.mock.calls[0]?.[1]).toBe(2 ** 31 - 1);
    timers.mockRestore();
  });

  it('reads what lies in a socket before the next turn', async () => {
    const [near, far] = await sockets();
    const heard = new Recorder();
    new TcpTransport(near).start(heard);
    const order: string[] = [];
    heard.inside = () => order.push('bytes');
    // From a timer, as a deadline is: while that runs, bytes arrive and lie unread.
    await new Promise<void>((resolve) => {
      setTimeout(() => {
        far.write('waiting');
        const end = performance.now() + 5;
        while (performance.now() < end);
        nodeClock.nextTurn(() => {
          order.push('next turn');
          resolve();
        });
      }, 0);
    });
    expect(order).toEqual(['bytes', 'next turn']);
    near.destroy();
    far.destroy();
  });
});

describe('the address of the other end', () => {
  it.each([
    ['::ffff:10.0.0.7', '10.0.0.7'],
    ['10.0.0.7', '10.0.0.7'],
    ['fe80::7%eth0', 'fe80::7%eth0'],
    [undefined, undefined],
  ])('%s is shown as %s', (remoteAddress, shown) => {
    expect(peerAddress({ remoteAddress })).toBe(shown);
  });
});

describe('a TCP transport', () => {
  it('knows the address of the other end, also when that is gone', async () => {
    const [near, far] = await sockets();
    const transport = new TcpTransport(near);
    far.destroy();
    near.destroy();
    expect(transport.remoteAddress).toBe('127.0.0.1');
  });

  it('tells a reset from an end in order', async () => {
    for (const [leave, how] of [
      [(socket: Socket) => socket.end(), 'fin'],
      [(socket: Socket) => socket.resetAndDestroy(), 'reset'],
    ] as const) {
      const [near, far] = await sockets();
      const heard = new Recorder();
      new TcpTransport(near).start(heard);
      leave(far);
      await heard.end();
      expect(heard.ends).toEqual([how]);
      far.destroy();
    }
  });

  it('reports the end to who starts it after it broke', async () => {
    const [near, far] = await sockets();
    const transport = new TcpTransport(near);
    near.read(0);
    const closed = new Promise((resolve) => near.once('close', resolve));
    far.resetAndDestroy();
    await closed;
    const heard = new Recorder();
    transport.start(heard);
    await heard.end();
    expect(heard.ends).toEqual(['reset']);
  });

  it('leaves no listener at work after its end', async () => {
    const [near, far] = await sockets();
    const transport = new TcpTransport(near);
    transport.start(new Recorder());
    far.resume();
    await transport.close();
    expect(near.destroyed).toBe(true);
    expect(() => near.emit('error', new Error('late'))).not.toThrow();
    far.destroy();
  });
});

async function sockets(): Promise<[Socket, Socket]> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const near = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [[far]] = (await Promise.all([once(server, 'connection'), once(near, 'connect')])) as [
    [Socket],
    unknown,
  ];
  server.close();
  return [near, far];
}
