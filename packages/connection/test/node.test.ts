import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { nodeClock, peerAddress, SharedTimers, TcpTransport } from '../src/node/index.js';
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

describe('shared timers', () => {
  it('call back once the time has come, in the order in which they were set, unless cancelled', async () => {
    const timers = new SharedTimers();
    const time = timers.now() + 5;
    const called: string[] = [];
    const cancel = timers.at(time, () => called.push('cancelled'));
    timers.at(time, () => called.push('first'));
    timers.at(time, () => called.push('second'));
    cancel();
    cancel();
    await new Promise<void>((resolve) => timers.at(time + 20, resolve));
    expect(timers.now()).toBeGreaterThan(time);
    expect(called).toEqual(['first', 'second']);
  });

  it('that are due within a few milliseconds are one timer of Node, which is gone with the last of them', () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const timers = new SharedTimers();
    const cancels = Array.from({ length: 100 }, (_, at) => timers.at(timers.now() + 1000 + at / 100, never));
    expect(vi.getTimerCount()).toBeLessThanOrEqual(2);
    for (const cancel of cancels) cancel();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('may be cancelled, and others set, by one that is called', () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const timers = new SharedTimers();
    const time = timers.now() + 100;
    const called: string[] = [];
    timers.at(time, () => {
      called.push('first');
      cancel();
      timers.at(time, () => called.push('set late'));
    });
    const cancel = timers.at(time, () => called.push('cancelled'));
    vi.advanceTimersByTime(200);
    expect(called).toEqual(['first', 'set late']);
    expect(vi.getTimerCount()).toBe(0);
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

  it('distinguishes a reset from an end in order', async () => {
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

function never(): void {
  throw new Error('a timer that was cancelled');
}
