import { describe, expect, it } from 'vitest';
import { BenchV2, opening, ROLES } from './bench.js';

/** PROTOCOL-2.md section 2: what the opening lines settle. */
describe.each(ROLES)('the opening line of a %s', (role) => {
  it('names its epoch, what is settled, and how much may come: a line costs its length and a constant', () => {
    const limits = { maxUnreadBytes: 400, maxUnreadLines: 4, maxLineBytes: 50 };
    const bench = BenchV2.met(role, limits);
    expect(bench.meetAgain()).toMatch(/^-2 a1 0 b1 0 0 400 100 50 0\n/);
  });

  it('has space for one line of the longest, however small the limits', () => {
    const bench = BenchV2.met(role, { maxUnreadBytes: 1, maxUnreadLines: 1, maxLineBytes: 50 });
    expect(bench.meetAgain()).toMatch(/^-2 a1 0 b1 0 0 51 1 50 0\n/);
  });

  it.each([
    { maxLineBytes: Number.MAX_SAFE_INTEGER },
    { maxUnreadBytes: Number.MAX_SAFE_INTEGER, maxUnreadLines: 1 },
  ])('can be read with limits that are none: %j', (limits) => {
    const said = new BenchV2({ role: 'server', ...limits });
    said.open();
    said.receive('-2\n');
    const peer = new BenchV2({ role: 'client' });
    peer.open();
    peer.write('hi');
    peer.writes();
    peer.receive(said.wire());
    expect(peer.wire()).toMatch(/\n1 hi\n$/);
  });

  it('says what has come of the epoch of the peer that it knows', () => {
    const bench = BenchV2.met(role);
    bench.receive('1 one\n2 two\n');
    expect(bench.meetAgain()).toMatch(/^-2 a1 0 b1 2 2 /);
  });

  it('says what is settled of its own', () => {
    const bench = BenchV2.met(role);
    bench.write('one');
    bench.write('two');
    bench.wire();
    bench.receive('+1 2 1000 0\n');
    expect(bench.meetAgain({ known: 'a1', taken: 1, received: 2 })).toMatch(/^-2 a1 1 /);
  });

  it('has the same epoch on every link of a session', () => {
    const bench = BenchV2.met(role);
    for (let i = 0; i < 5; i++) expect(bench.meetAgain()).toMatch(/^-2 a1 /);
  });
});

describe.each(ROLES)('a %s that hears the epoch of the peer', (role) => {
  it('for the first time takes what comes after its base', () => {
    const bench = BenchV2.met(role, {}, { base: 7 });
    expect(bench.errors).toEqual([]);
    bench.receive('8 eight\n');
    expect(bench.lines()).toEqual(['eight']);
    expect(bench.meetAgain({ base: 7 })).toMatch(/^-2 a1 0 b1 8 8 /);
  });

  it('again drops what it has, though the peer has restarted and says the same', () => {
    const bench = BenchV2.met(role);
    bench.receive('1 same\n');
    bench.meetAgain({ epoch: 'b2' });
    bench.receive('1 same\n');
    expect(bench.lines()).toEqual(['same', 'same']);
    bench.receive('1 same\n');
    expect(bench.lines()).toEqual([]);
    expect(bench.session.stats).toMatchObject({ received: 2, duplicatesDropped: 1 });
  });

  it('with a base above what has come jumps there, and reports it', () => {
    const bench = BenchV2.met(role);
    bench.receive('1 one\n');
    const said = bench.meetAgain({ base: 3 });
    expect(bench.errors).toEqual(['ERR_LINES_MISSED']);
    if (role === 'client') expect(said).toMatch(/^-2 a1 0 b1 3 3 /);
    bench.receive('2 two\n4 four\n');
    expect(bench.lines()).toEqual(['one', 'four']);
    expect(bench.ends).toEqual(['down: reset']);
  });

  it('with a base that it has does not jump', () => {
    const bench = BenchV2.met(role);
    bench.receive('1 one\n2 two\n');
    bench.meetAgain({ base: 1 });
    expect(bench.errors).toEqual([]);
    bench.receive('2 two\n3 three\n');
    expect(bench.lines()).toEqual(['one', 'two', 'three']);
  });

  it('remembers four: another process may have used the id in between', () => {
    const bench = BenchV2.met(role);
    bench.receive('1 one\n2 two\n');
    for (const epoch of ['b2', 'b3', 'b4']) bench.meetAgain({ epoch });
    bench.meetAgain();
    bench.receive('2 two\n3 three\n');
    expect(bench.lines()).toEqual(['one', 'two', 'three']);
  });

  it('remembers the four that came last, not first', () => {
    const bench = BenchV2.met(role);
    bench.receive('1 one\n');
    for (const epoch of ['b2', 'b3', 'b4', 'b1', 'b5', 'b6', 'b7']) bench.meetAgain({ epoch });
    bench.meetAgain();
    bench.receive('1 one\n');
    expect(bench.lines()).toEqual(['one']);
    for (const epoch of ['b2', 'b3', 'b4', 'b5']) bench.meetAgain({ epoch });
    bench.meetAgain();
    bench.receive('1 one\n');
    expect(bench.lines()).toEqual(['one']);
  });

  it('goes on with each where it was, whichever comes', () => {
    const bench = BenchV2.met(role);
    bench.receive('1 b1 one\n');
    bench.meetAgain({ epoch: 'b2' });
    bench.receive('1 b2 one\n2 b2 two\n');
    bench.meetAgain({ epoch: 'b1' });
    bench.receive('2 b1 two\n');
    const said = bench.meetAgain({ epoch: 'b2' });
    if (role === 'client') expect(said).toMatch(/^-2 a1 0 b2 2 2 /);
    bench.receive('2 b2 two\n3 b2 three\n');
    expect(bench.lines()).toEqual(['b1 one', 'b2 one', 'b2 two', 'b1 two', 'b2 three']);
  });
});

describe.each(ROLES)('a %s whose own epoch the peer', (role) => {
  /** Three lines sent, and none acked. */
  function sent(): BenchV2 {
    const bench = BenchV2.met(role);
    for (const text of ['one', 'two', 'three']) bench.write(text);
    expect(bench.wire()).toBe('1 one\n2 two\n3 three\n');
    return bench;
  }

  it('does not know sends all again that is unacked, with the same numbers', () => {
    const bench = sent();
    bench.receive('+1 1 1000 0\n');
    expect(bench.meetAgain()).toMatch(/^-2 a1 1 .*\n2 two\n3 three\n$/);
    expect(bench.session.stats).toMatchObject({ sent: 3, retransmitted: 2 });
  });

  it('knows sends what the peer does not have, and settles what it has taken', () => {
    const bench = sent();
    expect(bench.meetAgain({ known: 'a1', taken: 1, received: 2 })).toMatch(/^-2 a1 \d .*\n3 three\n$/);
    expect(bench.settled).toEqual([0]);
    expect(bench.session.unacked).toBe(2);
    bench.receive('+3 3 1000 0\n');
    expect(bench.settled).toEqual([0, 1, 2]);
  });

  it('knows sends nothing again that the peer has and has not taken, on any link', () => {
    const bench = sent();
    for (let i = 0; i < 3; i++) {
      expect(bench.meetAgain({ known: 'a1', taken: 0, received: 3 })).toMatch(/^-2 [^\n]*\n$/);
      expect(bench.settled).toEqual([]);
    }
    bench.write('four');
    expect(bench.wire()).toBe('4 four\n');
  });

  it('knows, from a record that is older than what is settled, goes on after what is settled', () => {
    const bench = sent();
    bench.receive('+2 2 1000 0\n');
    expect(bench.meetAgain({ known: 'a1', taken: 1, received: 1 })).toMatch(/^-2 a1 2 .*\n3 three\n$/);
    expect(bench.settled).toEqual([0, 1]);
  });

  it('knows further than it was numbered draws another epoch, numbers what is unacked afresh and ends the link', () => {
    for (const record of [
      { taken: 0, received: 4 },
      { taken: 4, received: 4 },
    ]) {
      const bench = sent();
      bench.receive('+1 1 1000 0\n');
      bench.meetAgain({ known: 'a1', ...record });
      expect(bench.ends).toEqual(['down: reset', 'down: gap']);
      expect(bench.settled).toEqual([0]);
      expect(bench.meet()).toMatch(/^-2 a2 0 .*\n1 two\n2 three\n$/);
      bench.write('four');
      expect(bench.wire()).toBe('3 four\n');
      bench.receive('+3 3 1000 0\n');
      expect(bench.settled).toEqual([0, 1, 2, 3]);
    }
  });

  it('knows further than it was numbered sends it the reason why the link ends', () => {
    const bench = sent();
    bench.cut();
    bench.open();
    if (role === 'server') bench.receive('-2\n');
    bench.wire();
    bench.receive(opening({ known: 'a1', received: 9 }));
    expect(bench.writes()).toEqual(['!gap the peer has more messages than this end has sent\n']);
    expect(bench.session.linkOpen).toBe(false);
  });

  it('has taken more of than has come to it ends the link: that cannot be', () => {
    const bench = BenchV2.met(role);
    bench.meetAgain({ known: 'a1', taken: 2, received: 1 });
    expect(bench.ends).toEqual(['down: reset', 'down: protocol-error']);
    expect(bench.errors).toEqual(['ERR_BAD_FRAME']);
  });
});

describe('a server whose opening line was of another run of the client', () => {
  it('acks the first lines of this run at once, though their numbers are those that it has said', () => {
    const server = BenchV2.met('server');
    server.receive('1 hi\n');
    expect(server.wire()).toMatch(/^\+1 1 /);
    server.cut();
    server.open();
    server.receive('-2\n');
    expect(server.wire()).toMatch(/^-2 a1 0 b1 1 1 /);
    server.receive(`${opening({ epoch: 'b2' })}1 hi\n`);
    expect(server.wire()).toMatch(/^\+1 1 /);
  });

  it('says nothing more than that line while nothing of this run has come', () => {
    const server = BenchV2.met('server');
    server.receive('1 hi\n');
    expect(server.meetAgain({ epoch: 'b2' })).toMatch(/^-2 a1 0 b1 1 1 [^\n]*\n$/);
  });

  it('says at once what it has of this run, where that is more than is settled', () => {
    const server = BenchV2.met('server');
    server.receive('1 one\n2 two\n');
    server.meetAgain({ epoch: 'b2' });
    expect(server.meetAgain()).toMatch(/^-2 a1 0 b2 0 0 .*\n\+2 2 \S+ 0\n$/);
  });

  it('is believed by the client: what has come on an earlier link is not sent again, or no further', () => {
    const client = BenchV2.met('client');
    for (const text of ['one', 'two', 'three', 'four']) client.write(text);
    client.wire();
    expect(client.meetAgain({ known: 'c9', received: 7, window: 3 })).toMatch(/\n1 one\n$/);
    client.receive('+1 3 1000 0\n');
    expect(client.ends).toEqual(['down: reset']);
    expect(client.settled).toEqual([0]);
    expect(client.wire()).toBe('4 four\n');
  });
});

describe.each(ROLES)('a second opening line to a %s', (role) => {
  it('counts in place of the first: a newcomer is told a window of 0 until the session is its own', () => {
    const bench = new BenchV2({ role });
    bench.write('one');
    expect(bench.meet({ window: 0 })).not.toContain('1 one');
    bench.receive(opening({ window: 100 }));
    expect(bench.wire()).toBe('1 one\n');
  });

  it('may name another epoch and another record', () => {
    const bench = BenchV2.met(role, {}, { window: 0 });
    bench.receive(opening({ epoch: 'b2', base: 4, known: 'a1' }));
    bench.receive('5 five\n');
    expect(bench.lines()).toEqual(['five']);
    expect(bench.wire()).toMatch(/^\+5 5 /);
  });
});

describe('a client that the server asks who it is', () => {
  const asked = () => {
    const client = new BenchV2({ role: 'client' });
    client.write('unsafe', { qos: false });
    client.write('one');
    client.open();
    client.writes();
    client.receive(opening({ window: 0, longest: 0 }));
    return client;
  };

  it('says its opening line and no message, and is up with the next one of the server', () => {
    const client = asked();
    expect(client.wire()).toBe('-2 a1 0 - 0 0 262144 1024 65536 0\n');
    expect(client.session.up).toBe(false);
    client.receive(opening());
    expect(client.session.up).toBe(true);
    expect(client.wire()).toMatch(/ unsafe\n1 one\n$/);
  });

  it('sends keepalives until it is answered', () => {
    const client = asked();
    client.wire();
    client.now += 250;
    client.tick();
    expect(client.writes()).toEqual(['\n']);
  });

  it('is not up when it is turned away, and has lost nothing', () => {
    const client = asked();
    client.wire();
    client.receive('!duplicate another process is up\n');
    expect(client.events).toEqual([
      {
        type: 'down',
        reason: 'told',
        wasUp: false,
        told: { code: 'duplicate', text: 'another process is up', waitMs: 0 },
      },
    ]);
    expect(client.settled).toEqual([]);
    expect(client.session.unsent()).toBe(1);
  });

  it('may be turned away in place of any opening line', () => {
    const client = new BenchV2({ role: 'client' });
    client.open();
    client.writes();
    client.receive('!busy 5000 restart\n');
    expect(client.events.at(-1)).toMatchObject({ reason: 'told', told: { code: 'busy', waitMs: 5000 } });
  });
});

describe('a server whose session is up, to a newcomer', () => {
  it('asks a newcomer who it is with an opening line that takes nothing, and does not tell it the answer', () => {
    const server = BenchV2.met('server', { maxUnreadBytes: 400, maxUnreadLines: 4, maxLineBytes: 50 });
    server.receive('1 one\n');
    const line = '-2 a1 0 - 0 0 0 100 0 0\n';
    expect(new TextDecoder().decode(server.session.introduction())).toBe(line);
    expect(server.wire()).toMatch(/^\+1 1 /);
  });

  it('is answered by a client, whose link is not up before the server has taken it', () => {
    const client = new BenchV2({ role: 'client' });
    client.open();
    client.receive('-2 b1 0 - 0 0 0 100 0 0\n');
    expect(client.session.up).toBe(false);
    expect(client.wire()).toMatch(/^board\n-2\n-2 a1 0 - 0 0 /);
    client.receive('-2 b1 0 - 0 0 1000 0 50 0\n');
    expect(client.session.up).toBe(true);
  });

  it('says nothing of it where it speaks version 1 alone', () => {
    expect(new BenchV2({ protocol: 1 }).session.introduction()).toBeUndefined();
  });
});
