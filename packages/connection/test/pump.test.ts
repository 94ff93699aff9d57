import { describe, expect, it } from 'vitest';
import { Session, type SessionEvent } from '@iot/qos';
import { Connection, Pump } from '../src/index.js';
import { nodeClock } from '../src/node/index.js';
import { Bench } from './bench.js';
import { noUnhandledRejections } from './guard.js';
import { settle } from './virtual-clock.js';
import { Wire } from './wire.js';

noUnhandledRejections();

const HOUR = 3_600_000;

describe('an idle link', () => {
  it('has one timer armed and wakes up four times a timeout, for an hour', async () => {
    const bench = await Bench.up();
    bench.clock.wakes = 0;
    const armed = new Set([bench.clock.armed]);
    await bench.clock.advance(HOUR, () => {
      armed.add(bench.clock.armed);
      bench.wire.says('\n');
      armed.add(bench.clock.armed);
    });
    expect([...armed]).toEqual([1]);
    expect(bench.clock.wakes).toBe((HOUR / 1000) * 4);
    expect(bench.wire.writes).toHaveLength(bench.clock.wakes);
    expect(new Set(bench.wire.writes)).toEqual(new Set(['\n']));
    expect(bench.story).toEqual([]);
  });

  it('has none armed once it is gone, and none after the close', async () => {
    const bench = await Bench.up();
    bench.wire.ends('reset');
    expect(bench.clock.armed).toBe(0);
    bench.link();
    await settle();
    expect(bench.clock.armed).toBe(1);
    await bench.connection.close();
    expect(bench.clock.armed).toBe(0);
  });

  it('sends its keepalives no sooner when timers fire early, and waits for the rest of the time', async () => {
    const bench = new Bench();
    bench.clock.earlyByMs = 3;
    bench.link();
    bench.wire.writes.length = 0;
    const times: number[] = [];
    await bench.clock.advance(10_000, () => {
      bench.wire.says('\n');
      if (bench.wire.writes.splice(0).includes('\n')) times.push(bench.clock.now());
    });
    expect(times.length).toBeGreaterThanOrEqual(30);
    for (const [i, time] of times.slice(1).entries()) expect(time - times[i]!).toBeGreaterThanOrEqual(250);
    expect(bench.story).toEqual(['up']);
  });
});

describe('a busy link', () => {
  it('moves its timer for no byte that comes or goes: only what has fired is armed again', async () => {
    const bench = await Bench.up();
    const before = bench.clock.asked.timers;
    for (let i = 0; i < 100; i++) {
      bench.wire.says('\n');
      void bench.connection.write('x', { qos: false });
      await settle();
    }
    expect(bench.clock.asked.timers).toBe(before);
  });
});

describe('the count of runs', () => {
  it('increases while a link is open, and not while there is none, whatever the application does', async () => {
    const bench = await Bench.up();
    const { pump } = bench;
    let before = pump.runs;
    await bench.clock.advance(250);
    expect(pump.runs).toBeGreaterThan(before);
    bench.wire.ends('reset');
    before = pump.runs;
    void bench.connection.write('x');
    await settle();
    expect(pump.runs).toBe(before);
  });
});

describe('silence', () => {
  it('ends the link after the timeout, and destroys its transport', async () => {
    const bench = await Bench.up();
    await bench.clock.advance(999);
    expect(bench.connection.status).toBe(true);
    await bench.clock.advance(1);
    expect(bench.story).toEqual(['down']);
    expect(bench.wire.left).toBe('destroyed');
  });

  it('ends a link one further turn after the timer: bytes read in that turn save the link', async () => {
    const bench = await Bench.up();
    bench.clock.jump(5000);
    bench.clock.step(); // the timer, late
    expect(bench.connection.status).toBe(true);
    expect(bench.clock.asked.turns).toBe(1);
    bench.wire.says('\n'); // lay waiting in the socket
    await bench.clock.advance(900);
    expect(bench.story).toEqual([]);
  });

  it('of a peer that did not speak in that turn ends the link', async () => {
    const bench = await Bench.up();
    bench.clock.jump(5000);
    bench.clock.step();
    bench.clock.step();
    expect(bench.story).toEqual(['down']);
  });
});

describe('back-pressure', () => {
  it('stops the writing after the write that filled the transport, until it has space', async () => {
    const bench = await Bench.up();
    // Two lines acked at once: several may be in flight from now on.
    for (const line of ['a', 'b']) void bench.connection.write(line, { wait: false });
    await settle();
    expect(bench.wire.takes()).toBe('01a\n02b\n');
    bench.wire.says('01\n02\n');
    bench.wire.full = true;
    for (let i = 0; i < 4; i++) void bench.connection.write('x'.repeat(1000), { wait: false });
    await settle();
    expect(bench.wire.writes.splice(0)).toEqual([`03${'x'.repeat(1000)}\n`]);
    await bench.clock.advance(900);
    expect(bench.wire.writes).toEqual([]);
    bench.wire.hasSpace();
    expect(bench.wire.takes().match(/x+/g)).toHaveLength(3);
  });

  it('of a dead link is not carried over to the next', async () => {
    const bench = await Bench.up();
    bench.wire.full = true;
    void bench.connection.write('a');
    await settle();
    bench.wire.ends('reset');
    bench.link();
    expect(bench.wire.takes()).toBe('01a\n');
  });
});

describe('lines written in one turn', () => {
  it('leave together, as few segments of whole lines as they fill', async () => {
    const bench = await Bench.up();
    for (let i = 0; i < 10; i++) void bench.connection.write(`line ${i}`, { wait: false });
    expect(bench.wire.writes).toEqual([]);
    await settle();
    expect(bench.wire.writes).toHaveLength(1);
    expect(bench.wire.takes()).toMatch(/^01line 0\n02line 1\n.*0aline 9\n$/s);

    for (let i = 0; i < 6; i++) void bench.connection.write('y'.repeat(600), { qos: false });
    await settle();
    expect(bench.wire.writes.map((write) => write.length)).toEqual([1206, 1206, 1206]);
  });

  it('go out after the acks of what came in that turn', async () => {
    const bench = await Bench.up();
    bench.connection.readline().then(
      (line) => bench.connection.write(`re: ${line}`),
      () => undefined,
    );
    bench.lines(1, 'hi');
    expect(await bench.sent()).toBe('01\n01re: hi\n');
  });
});

describe('a listener', () => {
  it('may write, and the line goes out', () => {
    const bench = new Bench();
    bench.connection.on('state', (up) => up && void bench.connection.write('at last', { qos: false }));
    bench.link();
    expect(bench.wire.takes()).toBe('00at last\n');
  });

  it('may close the connection when the link comes up', () => {
    const bench = new Bench();
    bench.connection.on('state', (up) => up && void bench.connection.close());
    bench.link();
    expect(bench.story).toEqual(['up', 'down', 'close']);
    expect(bench.wire.left).toBe('closed');
    expect(bench.clock.armed).toBe(0);
  });

  it('that closes the connection hears nothing of what had come by then', () => {
    const bench = new Bench();
    bench.connection.on('state', (up) => up && void bench.connection.close());
    bench.pump.attach(bench.wire, new TextEncoder().encode('?\n'));
    expect(bench.story).toEqual(['up', 'down', 'close']);
  });

  it('may close the connection when the link goes down', async () => {
    const bench = await Bench.up();
    bench.connection.on('state', () => void bench.connection.close());
    bench.wire.ends('reset');
    expect(bench.story).toEqual(['down', 'close']);
    expect(bench.clock.armed).toBe(0);
  });

  it('may close the connection over an error of the peer', async () => {
    const bench = await Bench.up();
    bench.connection.on('peerError', (error) => void bench.connection.close(error));
    bench.wire.says('?\n');
    expect(bench.story).toEqual([
      'ERR_BAD_FRAME',
      'down',
      expect.stringContaining('close: a line of one character'),
    ]);
    expect(bench.wire.left).toBe('destroyed');
    expect(bench.clock.armed).toBe(0);
  });

  it('may close the connection while a new link takes over: the new transport is destroyed', async () => {
    const bench = await Bench.up();
    bench.connection.on('state', () => void bench.connection.close());
    const old = bench.wire;
    bench.link();
    expect(old.left).toBe('destroyed');
    expect(bench.wire.left).toBe('destroyed');
    expect(bench.story).toEqual(['down', 'close']);
    expect(bench.clock.armed).toBe(0);
  });
});

it('a link that ends inside the telling of a keepalive is told of', () => {
  const pump = new Pump(new Session({ role: 'server' }), nodeClock);
  const observe = (event: SessionEvent): void => {
    if (event.type === 'keepalive') pump.detach();
  };
  const connection = new Connection(pump, { id: 'board', maxUnsentLines: 1, observe });
  const states: boolean[] = [];
  connection.on('state', (up) => states.push(up));
  const wire = new Wire();
  pump.attach(wire);
  wire.says('\n');
  expect(states).toEqual([true, false]);
});

describe('a transport', () => {
  it('handed over after the close is destroyed', async () => {
    const bench = await Bench.up();
    await bench.connection.close();
    bench.link();
    await settle();
    expect(bench.wire.left).toBe('destroyed');
    expect(bench.wire.writes).toEqual([]);
    expect(bench.clock.armed).toBe(0);
  });

  it('whose peer breaks the protocol is destroyed, and the session goes on over the next', async () => {
    const bench = await Bench.up();
    const written = bench.connection.write('kept');
    expect(await bench.sent()).toBe('01kept\n');
    bench.wire.says('zz?\n');
    expect(bench.wire.left).toBe('destroyed');
    expect(bench.story).toEqual(['ERR_BAD_FRAME', 'down']);
    bench.link();
    expect(bench.wire.takes()).toBe('01kept\n');
    bench.wire.says('01\n');
    await written;
  });
});

describe('the end of a link', () => {
  it('can be waited for; with no link it has come', async () => {
    const bench = new Bench();
    await bench.pump.linkEnd();
    bench.link();
    const ended = bench.pump.linkEnd();
    bench.wire.ends('fin');
    await ended;
    expect(bench.connection.status).toBe(false);
  });
});
