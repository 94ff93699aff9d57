import { describe, expect, it } from 'vitest';
import { OriginalServer } from '../src/original-server.js';
import { SeenMap } from '../src/seen-map.js';
import { Rig, sequence } from './rig.js';

// PROTOCOL.md, "What the originals get wrong": the models must make the same mistakes, or tests against them prove
// nothing.

/** A rig whose client is up and has had message 0 acked. */
function settled(options = {}): Rig {
  const rig = new Rig(options);
  rig.connect();
  rig.write('client', 'first');
  rig.write('server', 'first');
  rig.run(3_000);
  expect(rig.read('server')).toEqual(['first']);
  expect(rig.read('client')).toEqual(['first']);
  return rig;
}

describe('mistake 1: the first message is delivered twice', () => {
  it('when its ack was lost with the link, at the server', () => {
    const rig = new Rig();
    rig.cut = ({ from, text, link }) => from === 'server' && text === '00\n' && link === 1;
    rig.connect();
    rig.write('client', 'c 0');
    rig.run(12_000);
    expect(rig.read('server')).toEqual(['c 0', 'c 0']);
  });

  it('and at the client', () => {
    const rig = new Rig();
    rig.cut = ({ from, text, link }) => from === 'client' && text === '00\n' && link === 1;
    rig.connect();
    rig.write('server', 's 0');
    rig.run(12_000);
    expect(rig.read('client')).toEqual(['s 0', 's 0']);
  });

  it('and with it everything in flight: 20 of 20 in a burst that begins at 0', () => {
    const rig = new Rig();
    rig.cut = ({ from, text, link }) => from === 'server' && text === '00\n' && link === 1;
    rig.connect();
    const lines = Array.from({ length: 20 }, (_, n) => `c ${n}`);
    for (const line of lines) rig.write('client', line, { wait: false });
    rig.run(12_000);
    expect(rig.read('server')).toEqual([...lines, ...lines]);
  });
});

describe('mistake 2: acked, then lost', () => {
  it('a slow client acks the line that finds its queue full, drops it and gives the link up', () => {
    const rig = settled();
    const tickets = Array.from({ length: 21 }, (_, n) => {
      const ticket = rig.write('server', `s ${n}`);
      rig.run(400);
      return ticket;
    });
    expect(rig.sent.at(-1)).toMatchObject({ from: 'client', text: '15\n' });
    rig.run(20_000);
    expect(rig.links).toBe(2);
    expect(tickets.every((ticket) => ticket.settled)).toBe(true);
    expect(rig.read('client')).toEqual(Array.from({ length: 20 }, (_, n) => `s ${n}`));
  });

  it('a client of early 2019 drops what finds its one line unread, and acks it when it comes again', () => {
    const rig = settled({ oneSlot: true });
    const tickets = [1, 2].map((n) => rig.write('server', `s ${n}`, { wait: false }));
    rig.run(1_000);
    expect(tickets.map((ticket) => ticket.settled)).toEqual([true, false]);
    expect(rig.read('client')).toEqual(['s 1']);
    rig.run(3_000);
    expect(tickets.map((ticket) => ticket.settled)).toEqual([true, true]);
    expect(rig.read('client')).toEqual(['s 2']);
  });

  it('in a burst too: after the reconnection the lines are repeated, acked and dropped', () => {
    const rig = settled();
    const write = (n: number) => rig.write('server', `s ${n}`, { wait: false });
    const tickets = Array.from({ length: 30 }, (_, n) => write(n));
    rig.run(20_000);
    // One more link for each line beyond the twentieth: its repeat finds the queue as full as before.
    const read = rig.read('client');
    expect(read).toHaveLength(20);
    rig.run(60_000);
    read.push(...rig.read('client'));
    expect(tickets.every((ticket) => ticket.settled)).toBe(true);
    expect(read).not.toContain('s 20');
    expect(read.length).toBeLessThan(30);
  });
});

it("mistake 3: a restarted client's second message is acked and dropped when its first never arrived", () => {
  const rig = settled();
  rig.write('client', 'old 1');
  rig.run(1_000);
  expect(rig.read('server')).toEqual(['old 1']);
  rig.restartClient(1_000);
  rig.lose = ({ text }) => text === '00lost\n';
  rig.write('client', 'lost', { qos: false });
  const second = rig.write('client', 'new 1');
  rig.run(5_000);
  expect(rig.lost).toEqual(['00lost\n']);
  expect(second).toMatchObject({ id: 1, settled: true });
  expect(rig.read('server')).toEqual([]);
});

it('mistake 4: a lost line without qos blocks every later waiting write of the server without end', () => {
  const rig = settled();
  rig.lose = ({ text }) => text === '01gone\n';
  const gone = rig.write('server', 'gone', { qos: false });
  const blocked = rig.write('server', 'blocked');
  const free = rig.write('server', 'free', { wait: false });
  rig.run(3_600_000);
  expect([gone.settled, blocked.settled, free.settled]).toEqual([true, false, true]);
  expect(rig.read('client')).toEqual(['free']);
});

describe('mistake 6: bad input ends the reader for good while keepalives go on', () => {
  const utf8 = new TextEncoder().encode('01°\n');

  it.each([
    ['a line of one character', [...new TextEncoder().encode('z\n')]],
    ['an ack that is not hexadecimal', [...new TextEncoder().encode('zz\n')]],
    ['a message whose id is not hexadecimal', [...new TextEncoder().encode('zzhello\n')]],
    ['a carriage return', [...new TextEncoder().encode('\r\n')]],
    ['bytes that are not UTF-8', [0x30, 0x31, 0xff, 0x0a]],
  ])('%s', (_what, input) => {
    const rig = settled({ reconnects: false });
    rig.server.receive(Uint8Array.from(input), rig.now);
    rig.run(100);
    expect(rig.server.readerDead).toBe(true);
    rig.write('client', 'unheard');
    const before = rig.sent.length;
    rig.run(10_000);
    expect(rig.read('server')).toEqual([]);
    expect(rig.server.linkOpen).toBe(true);
    expect(
      rig.sent.slice(before).filter((s) => s.from === 'server' && s.text === '\n').length,
    ).toBeGreaterThan(10);
  });

  it('a good character split between two reads', () => {
    const rig = settled();
    rig.server.receive(utf8.slice(0, 3), rig.now);
    rig.run(60);
    rig.server.receive(utf8.slice(3), rig.now);
    rig.run(60);
    expect(rig.server.readerDead).toBe(true);
  });

  it('also on later links', () => {
    const rig = settled();
    rig.toServer('z\n');
    rig.run(100);
    rig.drop();
    rig.write('client', 'unheard');
    rig.run(20_000);
    expect(rig.links).toBeGreaterThan(1);
    expect(rig.read('server')).toEqual([]);
  });
});

describe('mistake 7: lines glued together', () => {
  it('a segment that begins with the newline of the line before it', () => {
    const rig = settled();
    rig.toServer('01one');
    rig.run(60);
    rig.toServer('\n02two\n');
    rig.run(60);
    expect(rig.read('server')).toEqual(['one02two']);
  });

  it('is none when both segments are read as one, or split anywhere else', () => {
    const rig = settled();
    rig.toServer('01one');
    rig.toServer('\n02tw');
    rig.run(60);
    rig.toServer('o\n');
    rig.run(60);
    expect(rig.read('server')).toEqual(['one', 'two']);
  });

  it('a newline at the border of two reads of 4096 bytes', () => {
    const rig = settled();
    rig.toServer(`01${'x'.repeat(4_094)}\n02two\n`);
    rig.run(60);
    expect(rig.read('server')).toEqual([`${'x'.repeat(4_094)}02two`]);
  });

  it("half a line of a dead link and the next link's first line", () => {
    const rig = settled();
    rig.toServer('01ha');
    rig.run(60);
    rig.drop();
    rig.write('client', 'next');
    rig.run(10_000);
    expect(rig.read('server')).toEqual(['ha01next']);
  });
});

it('mistake 8: an empty payload is a forged ack, and its writer hangs', () => {
  const rig = settled();
  const empty = rig.write('server', '');
  rig.run(30_000);
  expect(rig.sent.some(({ from, text }) => from === 'server' && text === '01\n')).toBe(true);
  expect(empty.settled).toBe(false);
});

describe('mistake 9: over 119 in flight the record fails', () => {
  it.each([
    [119, 1],
    [121, 1],
    [135, 2],
  ])('a line repeated after %i newer ones is delivered %i times', (newer, times) => {
    const rig = settled({ resendMs: 2_000 });
    rig.lose = ({ from, text }) => from === 'server' && text === '01\n' && rig.lost.length === 0;
    rig.write('client', 'stuck', { wait: false });
    rig.run(300);
    for (let n = 0; n < newer; n += 1) rig.write('client', `c ${n}`, { wait: false });
    const delivered: string[] = [];
    for (let n = 0; n < 40; n += 1) {
      rig.run(100);
      delivered.push(...rig.read('server'));
    }
    expect(delivered.filter((line) => line === 'stuck')).toHaveLength(times);
    expect(delivered).toHaveLength(newer + times);
  });

  it('keeps the record right at 119 for every id, and wrong at 120 for some', () => {
    const failsAt = (spread: number) => {
      const failing: number[] = [];
      for (let first = 1; first <= 255; first += 1) {
        const map = new SeenMap();
        for (let n = 0; n <= spread; n += 1) map.add(((first + n - 1) % 255) + 1);
        if (map.add(first)) failing.push(first);
      }
      return failing.length;
    };
    expect(failsAt(119)).toBe(0);
    expect(failsAt(120)).toBeGreaterThan(0);
  });
});

describe('mistake 12: a keepalive that meets a dead socket stops the keepalives', () => {
  const timeoutMs = 2_000;
  const KEEPALIVE = Uint8Array.of(0x0a);

  /** The next keepalive is due at 500; the reader notices a dead socket 25 ms after the end of the link. */
  function upSince0(): OriginalServer {
    const server = new OriginalServer({ timeoutMs, random: () => 0.5 });
    server.open(0);
    expect(server.takeOutput(0)).toEqual(KEEPALIVE);
    return server;
  }

  /** The times of the writes from `from` until `until` on a link that opens at `from`; the client sends at `clientSendsAt`. */
  function writes(server: OriginalServer, from: number, until: number, clientSendsAt = Infinity): number[] {
    const times: number[] = [];
    server.open(from);
    for (let now = from; now < until && server.linkOpen; now += 1) {
      if (now === clientSendsAt) server.receive(KEEPALIVE, now);
      if (server.nextDeadline() <= now) server.tick(now);
      while (server.takeOutput(now) !== undefined) times.push(now);
    }
    return times;
  }

  it('when the link was reset just before the keepalive: a later link that the client does not use stays silent', () => {
    const server = upSince0();
    server.linkClosed(480, 'reset');
    expect(server.keepaliveFailures).toBe(1);
    for (const at of [5_000, 10_000, 15_000]) {
      expect(writes(server, at, at + 5_000)).toEqual([]);
      expect(server.linkOpen).toBe(false);
    }
  });

  it('when it waited for a full socket at the end of the link', () => {
    const server = upSince0();
    server.backPressure(true);
    server.tick(500);
    server.linkClosed(900, 'fin');
    expect(writes(server, 5_000, 10_000)).toEqual([]);
  });

  it('until 200 ms after the first frame of the client on a later link', () => {
    const server = upSince0();
    server.linkClosed(480, 'reset');
    expect(writes(server, 5_000, 9_000)).toEqual([]);
    const [first = Infinity, second] = writes(server, 10_000, 11_500, 10_500);
    expect(first).toBeGreaterThanOrEqual(10_700);
    expect(first).toBeLessThanOrEqual(10_700 + 50 + timeoutMs / 10);
    expect(second).toBe(first + timeoutMs / 4);
  });

  it.each([
    ['the link ended with a FIN', 480, 'fin'],
    ['the reader noticed the reset before the keepalive was due', 470, 'reset'],
  ] as const)('but not when %s', (_what, at, how) => {
    const server = upSince0();
    server.linkClosed(at, how);
    expect(writes(server, 5_000, 5_300)).toHaveLength(1);
  });

  it('an original client sends a keepalive first, and comes up', () => {
    const rig = settled();
    const last = rig.sent.findLast(({ from, text }) => from === 'server' && text === '\n');
    rig.run((last?.at ?? 0) + rig.server.timeoutMs / 4 - 1 - rig.now);
    rig.drop('reset');
    const before = rig.sent.length;
    rig.run(rig.client.reconnectDelayMs + 3_000);
    const [hello, keepalive, answer] = rig.sent.slice(before);
    expect([hello?.text, keepalive?.text]).toEqual(['1\n', '\n']);
    expect([keepalive?.from, answer?.from]).toEqual(['client', 'server']);
    expect(rig.client.up).toBe(true);
  });
});

describe('the server', () => {
  const bytes = (text: string) => new TextEncoder().encode(text);

  it('keeps what came after the first hello as the start of a line, and loses it on later links', () => {
    const server = new OriginalServer({ random: sequence() });
    server.afterHello(bytes('00ea'));
    server.open(0);
    server.receive(bytes('rly\n'), 1);
    server.tick(100);
    expect(server.readline()).toBe('early');
    server.linkClosed(200, 'fin');
    server.afterHello(bytes('01lo'));
    server.open(300);
    server.receive(bytes('02st\n'), 301);
    server.tick(400);
    expect(server.readline()).toBe('st');
  });

  it('sends lines that wait together in the order of their polls, which need not be that of their writing', () => {
    const orders = new Set<string>();
    for (let seed = 1; seed <= 20; seed += 1) {
      const rig = settled({ seed });
      for (const line of ['first', 'second', 'third']) {
        rig.write('server', line);
        rig.run(20);
      }
      rig.run(2_000);
      orders.add(rig.read('client').join(' '));
    }
    expect([...orders].sort()).toEqual(['first second third', 'first third second']);
  });

  it('refuses a second link while it has one', () => {
    const server = new OriginalServer({ random: sequence() });
    server.open(0);
    expect(() => server.open(1)).toThrow(/turn the newcomer away/);
  });

  it('sends nothing but keepalives until 200 ms after the first data after the hello', () => {
    const server = new OriginalServer({ random: sequence() });
    const ticket = server.write('hi', {}, 0);
    server.open(0);
    const take = (now: number) => {
      server.tick(now);
      const out: string[] = [];
      for (let b = server.takeOutput(now); b !== undefined; b = server.takeOutput(now)) {
        out.push(new TextDecoder().decode(b));
      }
      return out.join('');
    };
    expect(take(0)).toBe('\n');
    for (let now = 1; now < 2_000; now += 1) expect(take(now).trim()).toBe('');
    server.receive(bytes('\n'), 1_990);
    let sent = '';
    let now = 2_000;
    for (; sent.trim() === ''; now += 1) sent = take(now);
    expect(sent).toBe('00hi\n');
    expect(now).toBeGreaterThanOrEqual(2_190);
    expect(now).toBeLessThanOrEqual(2_450);
    expect(ticket.settled).toBe(false);
    server.receive(bytes('00\n'), now);
    for (; !ticket.settled; now += 1) take(now);
    expect(now).toBeLessThan(2_600);
  });

  it('holds its writes under back pressure and repeats what a dead link swallowed', () => {
    const rig = settled({ reconnects: false });
    rig.server.backPressure(true);
    const ticket = rig.write('server', 'pressed', { qos: false });
    rig.run(1_000);
    expect(ticket.settled).toBe(false);
    rig.drop();
    rig.connect();
    rig.run(5_000);
    expect(ticket.settled).toBe(true);
    expect(rig.read('client')).toEqual(['pressed']);
  });
});

describe('the client', () => {
  it('sends one waiting line at a time, and others past it', () => {
    const rig = settled();
    rig.lose = ({ from, text }) => from === 'server' && text === '01\n' && rig.lost.length === 0;
    const [a, b] = [rig.write('client', 'a'), rig.write('client', 'b')];
    const c = rig.write('client', 'c', { wait: false });
    rig.run(500);
    expect([a.settled, b.settled, c.settled]).toEqual([false, false, true]);
    expect([a.id, b.id, c.id]).toEqual([1, undefined, 2]);
    rig.run(3_000);
    expect([a.settled, b.settled]).toEqual([true, true]);
    expect(rig.read('server')).toEqual(['a', 'c', 'b']);
  });

  it('repeats what an outage swallowed as soon as it is up again', () => {
    const rig = settled();
    rig.cut = ({ text, link }) => text === '01again\n' && link === 1;
    const ticket = rig.write('client', 'again');
    rig.run(12_000);
    expect(ticket.settled).toBe(true);
    expect(rig.read('server')).toEqual(['again']);
  });

  it('is deaf for the rest of the link after bad input, and well on the next', () => {
    const rig = settled();
    rig.client.receive(new TextEncoder().encode('zz\n'), rig.now);
    rig.write('server', 'later');
    rig.run(10_000);
    expect(rig.client.readerDead).toBe(true);
    expect(rig.client.linkOpen).toBe(true);
    rig.drop();
    rig.run(15_000);
    expect(rig.read('client')).toEqual(['later']);
  });

  it('reports when a write has settled', () => {
    const rig = new Rig();
    const settledLines: string[] = [];
    rig.client.onSettled = ({ line }) => settledLines.push(line);
    rig.server.onSettled = ({ line }) => settledLines.push(line);
    rig.connect();
    rig.write('client', 'c');
    rig.write('server', 's');
    rig.run(2_000);
    expect(settledLines).toEqual(['c', 's']);
  });
});
