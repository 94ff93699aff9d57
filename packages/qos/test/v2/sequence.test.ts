import type { EndCode } from '@iot/framing';
import { describe, expect, it } from 'vitest';
import { BenchV2, opening, ROLES } from './bench.js';

/** PROTOCOL-2.md section 3: numbers, acks and ends, which are the same at either end. */
describe.each(ROLES)('a %s that sends', (role) => {
  it('sends waiting and free lines in the order of their writes, without waiting for an ack', () => {
    const bench = BenchV2.met(role, { maxInFlight: 1 });
    bench.write('one');
    bench.write('two', { wait: false });
    bench.write('three');
    bench.write('four', { wait: false });
    expect(bench.writes()).toEqual(['1 one\n2 two\n3 three\n4 four\n']);
  });

  it('sends unsafe lines first, once and without a number, and settles them with that', () => {
    const bench = BenchV2.met(role);
    bench.write('one');
    const ticket = bench.write('unsafe', { qos: false });
    expect(bench.wire()).toBe(' unsafe\n1 one\n');
    expect(bench.settled).toEqual([ticket]);
    expect(bench.session.unacked).toBe(1);
    expect(bench.pass(5000)).not.toContain('unsafe');
    expect(bench.meetAgain()).toMatch(/\n1 one\n$/);
  });

  it('repeats nothing on a live link, however long there is no ack', () => {
    const bench = BenchV2.met(role);
    bench.write('one');
    expect(bench.wire()).toBe('1 one\n');
    expect(bench.pass(60_000)).toMatch(/^(\+0 0 262144 1\n)+$/);
    expect(bench.session.stats.retransmitted).toBe(0);
  });

  it('settles a line when it is taken, not when it has come', () => {
    const bench = BenchV2.met(role);
    for (const text of ['one', 'two', 'three']) bench.write(text);
    bench.wire();
    bench.receive('+0 3 1000 0\n');
    expect(bench.settled).toEqual([]);
    bench.receive('+2 3 1000 0\n');
    expect(bench.settled).toEqual([0, 1]);
    bench.receive('+3 3 1000 0\n');
    expect(bench.settled).toEqual([0, 1, 2]);
    expect(bench.session.unacked).toBe(0);
  });

  it('goes on with its numbers over links', () => {
    const bench = BenchV2.met(role);
    bench.write('one');
    bench.wire();
    bench.receive('+1 1 1000 0\n');
    bench.meetAgain({ known: 'a1', taken: 1, received: 1 });
    bench.write('two');
    expect(bench.wire()).toBe('2 two\n');
  });

  it('takes back a line that has no number, and sends on one that has: it settles nothing', () => {
    const bench = BenchV2.met(role);
    const [sent] = [bench.write('sent')];
    bench.wire();
    const queued = bench.write('queued');
    expect(bench.session.withdraw(queued)).toBe(true);
    expect(bench.session.withdraw(sent)).toBe(false);
    bench.write('next');
    expect(bench.wire()).toBe('2 next\n');
    expect(bench.meetAgain()).toMatch(/\n1 sent\n2 next\n$/);
    bench.receive('+2 2 1000 0\n');
    expect(bench.settled).toEqual([2]);
    expect(bench.session.unacked).toBe(0);
  });

  it('writes as much as there is at once', () => {
    const bench = BenchV2.met(role);
    for (let i = 0; i < 500; i++) bench.write('x'.repeat(100));
    const writes = bench.writes();
    expect(writes).toHaveLength(1);
    expect(writes[0]).toHaveLength(500 * 102 + 9 + 2 * 90 + 3 * 401);
  });

  it('reports a line over which the peer has ended three links in a row', () => {
    const bench = BenchV2.met(role);
    bench.write('poison');
    bench.wire();
    for (let i = 0; i < 3; i++) {
      expect(bench.errors).toEqual([]);
      bench.meetAgain();
    }
    expect(bench.errors).toEqual(['ERR_LINE_ENDS_LINKS']);
  });

  it.each([
    ['+2 1 1000 0\n', 'more than has come'],
    ['+0 2 1000 0\n', 'what was not sent'],
    ['+9 9 1000 0\n', 'what was not sent'],
  ])('ends the link when the peer has taken or got what cannot be: %j, %s', (line) => {
    const bench = BenchV2.met(role);
    bench.write('one');
    bench.wire();
    bench.receive(line);
    expect(bench.ends).toEqual(['down: protocol-error']);
    expect(bench.errors).toEqual(['ERR_BAD_FRAME']);
    expect(bench.settled).toEqual([]);
    expect(bench.writes()).toEqual([
      '!protocol its ack has more messages than were sent, or fewer than before\n',
    ]);
  });

  it('ends the link when the peer has got less than before', () => {
    const bench = BenchV2.met(role);
    bench.write('one');
    bench.wire();
    bench.receive('+0 1 1000 0\n');
    bench.receive('+0 0 1000 0\n');
    expect(bench.ends).toEqual(['down: protocol-error']);
  });

  it('bears an ack that has taken less than the one before: it settles what it said', () => {
    const bench = BenchV2.met(role);
    bench.write('one');
    bench.wire();
    bench.receive('+1 1 1000 0\n+0 1 1000 0\n');
    expect(bench.ends).toEqual([]);
    expect(bench.settled).toEqual([0]);
  });
});

describe.each(ROLES)('a %s that receives', (role) => {
  it('acks all of a turn at once, and says nothing more until something moves', () => {
    const bench = BenchV2.met(role);
    bench.receive('1 one\n2 two\n3 three\n');
    expect(bench.writes()).toEqual([`+3 3 ${262144 - 3 * 1024 - 11} 0\n`]);
    expect(bench.writes()).toEqual([]);
  });

  it('acks and sends in one write', () => {
    const bench = BenchV2.met(role);
    bench.write('hi');
    bench.receive('1 one\n');
    expect(bench.writes()).toEqual(['+1 1 261117 0\n1 hi\n']);
  });

  it('acks in place of keepalives, every quarter of the timeout, and nothing else is a keepalive', () => {
    const bench = BenchV2.met(role);
    bench.write('hi');
    bench.wire();
    for (let i = 1; i < 20; i++) {
      expect(bench.session.nextDeadline()).toBe(bench.now + 250);
      bench.now += 250;
      bench.receive('\n');
      bench.tick();
      expect(bench.writes()).toEqual(['+0 0 262144 1\n']);
    }
  });

  it('counts the next keepalive from its last ack', () => {
    const bench = BenchV2.met(role);
    bench.pass(250);
    bench.now = 400;
    bench.receive('1 one\n');
    bench.writes();
    expect(bench.session.nextDeadline()).toBe(650);
  });

  it('hears a keepalive of version 1 and an ack alike: the peer is there', () => {
    const bench = BenchV2.met(role);
    for (const line of ['\n', '+0 0 1000 0\n']) {
      for (let i = 0; i < 6; i++) {
        bench.now += 900;
        bench.receive(line);
        bench.tick();
      }
    }
    expect(bench.ends).toEqual([]);
    bench.now += 1000;
    bench.tick();
    expect(bench.ends).toEqual(['down: silence']);
  });

  it('drops a duplicate and acks it again', () => {
    const bench = BenchV2.met(role);
    bench.receive('1 one\n');
    const ack = bench.wire();
    bench.receive('1 one\n');
    expect(bench.wire()).toBe(ack);
    expect(bench.lines()).toEqual(['one']);
    expect(bench.session.stats).toMatchObject({ received: 1, duplicatesDropped: 1 });
  });

  it('ends the link at a gap, says why, and keeps what came before', () => {
    const bench = BenchV2.met(role);
    bench.receive('1 one\n3 three\n4 four\n');
    expect(bench.ends).toEqual(['down: gap']);
    expect(bench.writes()).toEqual(['!gap message 3 came too early\n']);
    expect(bench.lines()).toEqual(['one']);
    expect(bench.errors).toEqual([]);
    bench.meet();
    bench.receive('2 two\n3 three\n');
    expect(bench.lines()).toEqual(['two', 'three']);
  });

  it('ends the link when the peer has sent more than has come', () => {
    const bench = BenchV2.met(role);
    bench.receive('1 one\n');
    bench.writes();
    bench.receive('+0 0 1000 1\n');
    expect(bench.ends).toEqual([]);
    bench.receive('+0 0 1000 2\n');
    expect(bench.ends).toEqual(['down: gap']);
    expect(bench.writes()).toEqual(['!gap messages are missing\n']);
  });

  it('hands out an unsafe line as it comes, and acks nothing for it', () => {
    const bench = BenchV2.met(role);
    bench.receive(' unsafe\n');
    expect(bench.writes()).toEqual([]);
    expect(bench.lines()).toEqual(['unsafe']);
    bench.receive(' unsafe\n unsafe\n');
    expect(bench.lines()).toEqual(['unsafe', 'unsafe']);
  });

  it('takes, drops and reports a bad line with a number, so that it does not block what is after it', () => {
    const bench = BenchV2.met(role, { maxLineBytes: 300 });
    bench.receive(`1 one\n2 \n3 ${'x'.repeat(301)}\n4 four\n`);
    expect(bench.ends).toEqual([]);
    expect(bench.errors).toEqual(['ERR_BAD_FRAME', 'ERR_LINE_TOO_LONG']);
    expect(bench.lines()).toEqual(['one', 'four']);
    expect(bench.wire()).toMatch(/^\+4 4 /);
    expect(bench.session.stats.protocolErrors).toBe(2);
  });

  it('drops, counts and reports a bad unsafe line, and the link goes on', () => {
    const bench = BenchV2.met(role, { maxLineBytes: 300 });
    bench.receive(` \n ${'x'.repeat(301)}\n good\n`);
    expect(bench.ends).toEqual([]);
    expect(bench.errors).toEqual(['ERR_BAD_FRAME', 'ERR_LINE_TOO_LONG']);
    expect(bench.lines()).toEqual(['good']);
    expect(bench.session.stats).toMatchObject({ protocolErrors: 2, unsafeDropped: 2 });
  });

  it.each(['hello\n', '5hello\n', '0 hello\n', '+1\n', '!over\n', '-2 x\n', '3 \n'])(
    'ends the link at a bad line without a number, or out of turn, and says so: %j',
    (line) => {
      const bench = BenchV2.met(role);
      bench.receive(`1 one\n${line}2 two\n`);
      expect(bench.ends).toEqual(['down: protocol-error']);
      expect(bench.errors).toEqual(['ERR_BAD_FRAME']);
      expect(bench.writes().join('')).toMatch(/^!protocol .*\n$/);
      expect(bench.lines()).toEqual(['one']);
    },
  );
});

describe.each(ROLES)('an end said to a %s', (role) => {
  it.each([
    ['!closed bye\n', { code: 'closed', text: 'bye', waitMs: 0 }],
    ['!duplicate\n', { code: 'duplicate', text: '', waitMs: 0 }],
    ['!refused not today\n', { code: 'refused', text: 'not today', waitMs: 0 }],
    ['!protocol what\n', { code: 'protocol', text: 'what', waitMs: 0 }],
    ['!gap message 3\n', { code: 'gap', text: 'message 3', waitMs: 0 }],
    ['!closed \x1b[2J\u202ebye\n', { code: 'closed', text: '?[2J?bye', waitMs: 0 }],
    [`!closed ${'x'.repeat(900)}\n`, { code: 'closed', text: 'x'.repeat(200), waitMs: 0 }],
    ['!busy 5000 restart\n', { code: 'busy', text: 'restart', waitMs: 5000 }],
  ])('ends the link, is told and settles nothing: %j', (line, told) => {
    const bench = BenchV2.met(role);
    bench.write('one');
    bench.wire();
    bench.receive(`${line}1 more\n`);
    expect(bench.events.at(-1)).toEqual({ type: 'down', reason: 'told', wasUp: true, told });
    expect(bench.settled).toEqual([]);
    expect(bench.writes()).toEqual([]);
    expect(bench.lines()).toEqual([]);
    expect(bench.meet()).toMatch(/\n1 one\n$/);
  });

  it('counts before the opening line too', () => {
    const bench = new BenchV2({ role });
    bench.open();
    if (role === 'server') bench.receive('-2\n');
    bench.writes();
    // A client has heard the server's opening line with a window of 0, and is refused then.
    bench.receive(opening({ window: 0 }));
    bench.writes();
    bench.receive('!duplicate another process is up\n');
    expect(bench.events.at(-1)).toMatchObject({ reason: 'told', told: { code: 'duplicate' } });
  });

  it('is not known in version 1', () => {
    const bench = new BenchV2({ role, protocol: 1 });
    bench.open();
    bench.receive('\n!closed bye\n');
    expect(bench.ends).toEqual(['down: protocol-error']);
  });
});

describe.each(ROLES)('a %s that ends the link on purpose', (role) => {
  const said = (bench: BenchV2, code: EndCode, waitMs = 0) => {
    const bytes = bench.session.farewell({ code, text: 'bye', waitMs }, bench.now);
    return bytes && new TextDecoder().decode(bytes);
  };

  it('says why where the peer speaks version 2', () => {
    const bench = BenchV2.met(role);
    expect(said(bench, 'closed')).toBe('!closed bye\n');
    expect(said(bench, 'busy', 5000)).toBe('!busy 5000 bye\n');
    expect(bench.session.linkOpen).toBe(true);
  });

  it('acks first what has come', () => {
    const bench = BenchV2.met(role);
    bench.receive('1 one\n');
    expect(said(bench, 'closed')).toBe('+1 1 261117 0\n!closed bye\n');
  });

  it('says nothing but why as long as its opening line has not gone out', () => {
    const bench = new BenchV2({ role });
    bench.open();
    bench.receive(role === 'server' ? `-2\n${opening()}` : opening());
    expect(said(bench, 'closed')).toBe('!closed bye\n');
  });

  it('says nothing in version 1, before the version is known, or without a link', () => {
    const bench = new BenchV2({ role });
    expect(said(bench, 'closed')).toBeUndefined();
    bench.open();
    expect(said(bench, 'closed')).toBeUndefined();
    bench.receive('00hi\n');
    expect(bench.session.protocol).toBe(1);
    expect(said(bench, 'closed')).toBeUndefined();
    const met = BenchV2.met(role);
    met.cut();
    expect(said(met, 'closed')).toBeUndefined();
  });
});

describe.each(ROLES)('last words of a %s', (role) => {
  it('are said once, and not on the next link', () => {
    const bench = BenchV2.met(role);
    bench.receive('9 nine\n');
    expect(bench.writes()).toHaveLength(1);
    expect(bench.writes()).toEqual([]);
    bench.meet();
    bench.receive('9 nine\n');
    expect(bench.meet()).not.toContain('!');
  });
});

describe('silence in version 2', () => {
  it('ends a link after a timeout, and at a server that no opening line has come to after two', () => {
    const client = BenchV2.met('client');
    client.pass(1000, { silent: true });
    expect(client.ends).toEqual(['down: silence']);
    const server = new BenchV2();
    server.open();
    server.pass(1999, { silent: true });
    expect(server.ends).toEqual([]);
    server.pass(1, { silent: true });
    expect(server.ends).toEqual(['down: silence']);
  });

  it('counts at a server whatever comes until the opening line has: its own may be lost', () => {
    const server = new BenchV2();
    server.open();
    server.write('hi');
    server.receive('-2\n');
    expect(server.pass(1999)).toMatch(/^-2 /);
    expect(server.ends).toEqual([]);
    expect(server.session.lastHeardAt).toBe(1999);
    server.pass(1);
    expect(server.ends).toEqual(['down: silence']);
    expect(server.meet()).toContain('1 hi\n');
  });

  it('is two timeouts at most between an offer and the first byte', () => {
    const client = new BenchV2({ role: 'client' });
    client.open();
    client.pass(2000, { silent: true });
    expect(client.ends).toEqual(['down: no-first-byte']);
  });

  it('ends a link on which the answer has begun and does not go on', () => {
    const client = new BenchV2({ role: 'client' });
    client.open();
    client.write('hi');
    client.receive('-2');
    expect(client.pass(1000, { silent: true })).toBe('board\n-2\n');
    expect(client.ends).toEqual(['down: no-first-byte']);
  });
});
