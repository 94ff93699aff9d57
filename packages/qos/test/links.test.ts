import { describe, expect, it } from 'vitest';
import { Bench } from './bench.js';

describe('a client', () => {
  it('sends no message before the server has spoken, then a keepalive at once', () => {
    const client = new Bench({ role: 'client', id: 'board' });
    client.open();
    client.write('early');
    expect(client.writes()).toEqual(['board\n']);
    client.now = 249;
    client.tick();
    expect(client.writes()).toEqual([]);
    client.receive('\n');
    expect(client.writes()).toEqual(['\n00early\n']);
    expect(client.story).toEqual(['up']);
  });

  it('sends a keepalive every quarter of the timeout to a server that has not spoken: it may wait for one', () => {
    const client = new Bench({ role: 'client', id: 'board' });
    client.open();
    client.write('early');
    expect(client.writes()).toEqual(['board\n']);
    expect(client.session.nextDeadline()).toBe(250);
    for (client.now = 250; client.now < 2000; client.now += 250) {
      client.tick();
      expect(client.writes()).toEqual(['\n']);
    }
    client.now = 1900;
    client.receive('\n');
    expect(client.writes()).toEqual(['\n00early\n']);
  });

  it('sends its hello first, however late the transport takes it', () => {
    const client = new Bench({ role: 'client', id: 'board' });
    client.open();
    client.session.backPressure(true);
    client.now = 600;
    client.tick();
    expect(client.writes()).toEqual([]);
    client.session.backPressure(false);
    expect(client.writes()).toEqual(['board\n', '\n']);
  });

  it('allows the server two timeouts for its first byte, and one from then on', () => {
    const client = new Bench({ role: 'client', id: 'board' });
    client.open();
    client.writes();
    client.now = 1999;
    client.tick();
    expect(client.session.linkOpen).toBe(true);
    client.now = 2000;
    client.tick();
    expect(client.story).toEqual(['down: no-first-byte']);
    client.open();
    client.receive('\n');
    client.pass(1000, { silent: true });
    expect(client.story).toEqual(['down: no-first-byte', 'up', 'down: silence']);
  });
});

describe('a server', () => {
  it('speaks up at once, and holds messages until the client has sent a frame', () => {
    const server = new Bench();
    server.open();
    server.write('hi');
    expect(server.writes()).toEqual(['\n']);
    server.receive('\n');
    expect(server.writes()).toEqual(['00hi\n']);
  });

  it('holds messages for settleMs more, where a board needs that; acks go out all the same', () => {
    const server = new Bench({ settleMs: 200 });
    server.open();
    server.write('hi');
    server.writes();
    server.receive('00from the board\n');
    expect(server.writes()).toEqual(['00\n']);
    expect(server.session.nextDeadline()).toBe(200);
    server.now = 200;
    server.tick();
    expect(server.wire()).toBe('00hi\n');
  });
});

describe('an idle link', () => {
  it.each(['client', 'server'] as const)(
    'of a %s arms its keepalive and its silence deadline and nothing else',
    (role) => {
      const bench = Bench[role]();
      bench.write('zero');
      bench.wire();
      bench.receive('00\n');
      bench.wire();
      let wakes = 0;
      const end = bench.now + 60_000;
      for (;;) {
        const next = bench.session.nextDeadline();
        if (next > end) break;
        bench.now = next;
        bench.session.tick(bench.now);
        expect(bench.writes()).toEqual(['\n']);
        bench.receive('\n');
        wakes += 1;
      }
      expect(wakes).toBe((60_000 / 1000) * 4);
    },
  );

  it('sends a keepalive every quarter of the timeout, whatever else is sent', () => {
    const client = Bench.client();
    const times: number[] = [];
    for (client.now = 10; client.now <= 1000; client.now += 10) {
      client.receive('\n');
      client.write('x', { qos: false });
      if (client.writes().join('').startsWith('\n')) times.push(client.now);
    }
    expect(times).toEqual([250, 500, 750, 1000]);
  });

  it('does not catch up on keepalives after a busy time', () => {
    const client = Bench.client();
    client.now = 900;
    expect(client.writes()).toEqual(['\n']);
    expect(client.session.nextDeadline()).toBe(1000);
    client.receive('\n');
    expect(client.session.nextDeadline()).toBe(1150);
  });
});

describe('an outage', () => {
  it('is declared only after one further turn has read nothing', () => {
    const server = Bench.server();
    server.now = 5000;
    server.session.tick(server.now);
    expect(server.session.linkOpen).toBe(true);
    expect(server.session.nextDeadline()).toBeLessThanOrEqual(server.now);
    server.receive('01it was there all the time\n');
    server.tick();
    expect(server.session.linkOpen).toBe(true);
    expect(server.lines()).toEqual(['it was there all the time']);

    server.now = 6000;
    server.tick();
    expect(server.story).toEqual(['up', 'down: silence']);
  });

  it('does not skip the further turn because an earlier one found something', () => {
    const server = Bench.server();
    server.now = 5000;
    server.session.tick(server.now);
    server.receive('\n');
    server.now = 9000;
    server.session.tick(server.now);
    expect(server.session.linkOpen).toBe(true);
  });

  it('has no deadline left, and asks for nothing until the next link', () => {
    const server = Bench.server();
    server.write('x');
    server.session.linkClosed(server.now, 'reset');
    expect(server.session.nextDeadline()).toBe(Infinity);
    expect(server.writes()).toEqual([]);
    expect(server.session.stats.outages).toBe(1);
  });

  it('arms no deadline for sending while the transport is full', () => {
    const server = Bench.server();
    server.write('x');
    server.wire();
    server.session.backPressure(true);
    expect(server.session.nextDeadline()).toBe(server.now + 1000);
  });
});

describe('options', () => {
  it.each([
    { timeout: 99 },
    { timeout: 2 ** 30 + 1 },
    { timeout: 1.5 },
    { maxInFlight: 0 },
    { maxInFlight: 101 },
    { maxUnreadLines: 0 },
    { ackWhen: 'later' as 'read' },
    { maxInFlightBytes: -1 },
    { settleMs: -1 },
  ])('%o are refused', (options) => {
    expect(() => new Bench(options)).toThrow(expect.objectContaining({ code: 'ERR_BAD_OPTION' }) as Error);
  });
});
