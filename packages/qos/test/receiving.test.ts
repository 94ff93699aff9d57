import { describe, expect, it } from 'vitest';
import { idOf } from '../src/v1/message-id.js';
import { Bench, hex } from './bench.js';

describe('a message received', () => {
  it('is delivered and acked, and its repeat only acked', () => {
    const server = Bench.server();
    server.receive('01hi\n01hi\n');
    expect(server.lines()).toEqual(['hi']);
    expect(server.wire()).toBe('01\n');
    server.receive('01hi\n');
    expect(server.wire()).toBe('01\n');
    expect(server.lines()).toEqual([]);
    expect(server.session.stats).toMatchObject({ received: 1, duplicatesDropped: 2 });
  });

  it('is acked in one write with all others of its chunk', () => {
    const server = Bench.server();
    server.receive('01a\n02b\n03c\n');
    expect(server.writes()).toEqual(['01\n02\n03\n']);
  });

  it('that repeats id 0 is a repeat too (mistake 1 of the originals)', () => {
    const server = Bench.server();
    server.receive('00first\n');
    server.reconnect();
    server.receive('00first\n');
    expect(server.lines()).toEqual(['first']);
    expect(server.wire()).toBe('00\n');
  });

  it('with other bytes than the repeat would have comes from a sender that restarted', () => {
    const server = Bench.server();
    server.receive('00old 0\n01old 1\n');
    server.reconnect();
    server.receive('01new 1\n00new 0\n');
    expect(server.lines()).toEqual(['old 0', 'old 1', 'new 1', 'new 0']);
  });

  it('with the same bytes is new once the ack of the first is proven', () => {
    const server = Bench.server();
    server.receive('05same\n');
    server.wire();
    server.pass(2000);
    server.reconnect();
    server.receive('05same\n');
    expect(server.lines()).toEqual(['same', 'same']);
  });

  it('with the same bytes is a repeat while no byte has proven the ack', () => {
    const server = Bench.server();
    server.receive('05same\n');
    server.wire();
    server.pass(1750);
    server.reconnect();
    server.receive('05same\n');
    expect(server.lines()).toEqual(['same']);
  });

  it.each([
    ['is long', `05${'x'.repeat(1397)}\n`, 'x'.repeat(1397)],
    ['comes after a long one', `04${'x'.repeat(1397)}\n05same\n`, 'same'],
    ['comes on a link that has had a repeat', '04hi\n04hi\n05same\n', 'same'],
  ])('that %s is proven after three timeouts only: its repeat may come late', (_, wire, text) => {
    const server = Bench.server();
    for (const [ms, lines] of [
      [2750, []],
      [3000, [text]],
    ] as const) {
      server.reconnect();
      server.receive(wire);
      server.wire();
      server.lines();
      server.pass(ms);
      server.reconnect();
      server.receive(`05${text}\n`);
      expect(server.lines()).toEqual(lines);
    }
  });

  it('is not proven by time alone: the other direction may be dead', () => {
    const server = Bench.server();
    server.receive('05same\n');
    server.wire();
    server.session.linkClosed(server.now, 'reset');
    server.now += 60_000;
    server.open();
    server.receive('\n05same\n');
    expect(server.lines()).toEqual(['same']);
  });

  it('is proven by a later link that has been up for four timeouts without a repeat', () => {
    const server = Bench.server();
    server.receive('05same\n');
    server.wire();
    server.reconnect();
    server.pass(4000);
    server.reconnect();
    server.receive('05same\n');
    expect(server.lines()).toEqual(['same', 'same']);
  });

  it('is proven by a later link of four timeouts also where its ack never went out', () => {
    const server = Bench.server();
    server.receive('05same\n');
    server.reconnect();
    server.pass(4000);
    server.receive('05same\n');
    expect(server.lines()).toEqual(['same', 'same']);
  });

  it('is not proven by bytes that a busy process read late', () => {
    const server = Bench.server();
    server.receive('05same\n');
    server.wire();
    server.now += 2500;
    server.receive('\n\n\n');
    server.reconnect();
    server.receive('05same\n');
    expect(server.lines()).toEqual(['same']);
  });

  it('is not proven by the beginning of a line: that may be the repeat', () => {
    const server = Bench.server();
    server.receive('05same\n');
    server.wire();
    server.reconnect();
    server.pass(3750);
    server.now += 250;
    server.receive('05sa');
    server.receive('me\n');
    expect(server.lines()).toEqual(['same']);
  });

  it('is proven by a later link with long lines only after seven timeouts: a repeat may vanish there', () => {
    const server = Bench.server();
    server.receive('05same\n');
    server.wire();
    server.reconnect();
    server.receive(`06${'x'.repeat(1400)}\n`);
    server.pass(6750);
    server.receive('05same\n');
    expect(server.lines()).toHaveLength(2);
    server.reconnect();
    server.receive(`07${'x'.repeat(1400)}\n`);
    server.pass(7000);
    server.reconnect();
    server.receive('05same\n');
    expect(server.lines().at(-1)).toBe('same');
  });

  it('is not proven on a later link before a server at the other end had to repeat', () => {
    const client = Bench.client();
    client.receive('05same\n');
    client.wire();
    client.reconnect();
    // The server keeps its messages back until it has had a frame, and sends keepalives in the meantime.
    client.pass(3750);
    client.receive('05same\n');
    expect(client.lines()).toEqual(['same']);
  });

  it('of a new run is not dropped for the ids of the old one (mistake 3 of the originals)', () => {
    const server = Bench.server();
    server.receive('00old 0\n01old 1\n');
    server.wire();
    server.reconnect();
    server.receive('01new 1\n');
    server.receive('02new 2\n');
    expect(server.lines().slice(2)).toEqual(['new 1', 'new 2']);
  });

  it('is proven, acked or not, on a later link that has lasted', () => {
    const server = Bench.server({ ackWhen: 'read' });
    for (let n = 0; n < 256; n++) {
      server.receive(`${hex(idOf(n))}same\n`);
      server.lines();
    }
    server.receive('01same\n');
    server.reconnect();
    server.lines();
    server.receive('00new run\n');
    server.pass(4000);
    server.receive('01same\n');
    expect(server.lines()).toEqual(['new run', 'same']);
  });

  it('is remembered for 127 ids and no longer', () => {
    const server = Bench.server({ maxUnreadLines: 1000 });
    for (let id = 1; id <= 128; id++) server.receive(`${hex(id)}line\n`);
    server.receive('01line\n');
    expect(server.lines()).toHaveLength(128);
    server.receive('81line\n');
    server.receive('01line\n');
    expect(server.lines()).toHaveLength(2);
  });
});

describe('a session that acks when a line is read', () => {
  it('acks nothing before, and each line as the application takes it', () => {
    const server = Bench.server({ ackWhen: 'read' });
    server.receive('01a\n02b\n02b\n03c\n');
    expect(server.wire()).toBe('');
    expect(server.session.read()).toBe('a');
    expect(server.wire()).toBe('01\n');
    expect(server.lines()).toEqual(['b', 'c']);
    expect(server.wire()).toBe('02\n03\n');
  });

  it('acks the repeat of a line that was read, and not of one that was not', () => {
    const server = Bench.server({ ackWhen: 'read' });
    server.receive('01a\n02b\n');
    expect(server.session.read()).toBe('a');
    server.wire();
    server.receive('01a\n02b\n');
    expect(server.wire()).toBe('01\n');
  });

  it('knows the repeat of a line that is unread, however many lines came after it', () => {
    const server = Bench.server({ ackWhen: 'read', maxUnreadLines: 1000 });
    server.receive('01qos\n');
    for (let id = 2; id <= 200; id++) server.receive(`${hex(id)}line ${id}\n`);
    server.receive('01qos\n');
    expect(server.lines()).toHaveLength(200);
    expect(server.wire()).toContain('01\n');
    server.receive('01qos\n');
    expect(server.wire()).toBe('01\n');
    server.receive('c9next\n');
    expect(server.lines()).toEqual(['next']);
  });

  it('takes the next use of an id for another line, whether the first was read or not', () => {
    const server = Bench.server({ ackWhen: 'read', maxUnreadLines: 1000 });
    for (let n = 0; n < 600; n++) server.receive(`${hex(idOf(n + 1))}same\n`);
    expect(server.lines()).toHaveLength(600);
  });

  it('holds twice the limit, and refuses more', () => {
    const server = Bench.server({ ackWhen: 'read', maxUnreadLines: 1 });
    server.receive('01a\n02b\n03c\n');
    expect(server.lines()).toEqual(['a', 'b']);
    expect(server.wire()).toBe('01\n02\n');
    server.receive('03c\n');
    expect(server.lines()).toEqual(['c']);
  });
});

describe('a full inbox', () => {
  it('holds lines past the soft limit, and acks them as the reader makes space (mistake 2 of the originals)', () => {
    const server = Bench.server({ maxUnreadLines: 2 });
    server.receive('01a\n02b\n03c\n04d\n');
    expect(server.wire()).toBe('01\n02\n');
    expect(server.session.read()).toBe('a');
    expect(server.wire()).toBe('03\n');
    expect(server.lines()).toEqual(['b', 'c', 'd']);
    expect(server.wire()).toBe('04\n');
  });

  it('holds lines past the soft limit in bytes too', () => {
    const server = Bench.server({ maxUnreadBytes: 4, maxLineBytes: 4 });
    server.receive('01aa\n02bb\n03c\n');
    expect(server.wire()).toBe('01\n02\n');
    expect(server.lines()).toEqual(['aa', 'bb', 'c']);
    expect(server.wire()).toBe('03\n');
  });

  it('does not ack the repeat of a held line, nor deliver it twice', () => {
    const server = Bench.server({ maxUnreadLines: 1 });
    server.receive('01a\n02b\n02b\n');
    expect(server.wire()).toBe('01\n');
    expect(server.lines()).toEqual(['a', 'b']);
    expect(server.wire()).toBe('02\n');
  });

  it('acks a held line only on the link on which it came: the id may be another line by then', () => {
    const server = Bench.server({ maxUnreadLines: 1 });
    server.receive('01a\n02b\n');
    server.reconnect();
    expect(server.lines()).toEqual(['a', 'b']);
    expect(server.wire()).toBe('');
    server.receive('02b\n');
    expect(server.wire()).toBe('02\n');
    expect(server.lines()).toEqual([]);
  });

  it('refuses lines past the hard cap without ack or record, and takes their repeat', () => {
    const server = Bench.server({ maxUnreadLines: 1 });
    server.receive('01a\n02b\n03c\n');
    expect(server.lines()).toEqual(['a', 'b']);
    expect(server.wire()).toBe('01\n02\n');
    server.receive('03c\n');
    expect(server.lines()).toEqual(['c']);
    expect(server.wire()).toBe('03\n');
  });

  it('acks a repeat of what it has, even when full', () => {
    const server = Bench.server({ maxUnreadLines: 1 });
    server.receive('01a\n02b\n01a\n');
    expect(server.wire()).toBe('01\n');
  });
});

describe('bad input', () => {
  it.each(['z\n', 'zz1\n', '\r\n', '0\n'])(
    '%j ends the link and not the session (mistake 6 of the originals)',
    (line) => {
      const server = Bench.server();
      server.write('pending');
      server.wire();
      server.receive(`01good\n${line}02never read\n`);
      expect(server.story).toEqual(['up', 'peer-error', 'down: protocol-error']);
      server.open();
      server.receive('\n');
      expect(server.wire()).toBe('00pending\n');
      server.receive('02after\n');
      expect(server.lines()).toEqual(['good', 'after']);
      expect(server.session.stats.protocolErrors).toBe(1);
    },
  );

  it('that is repeated with a readable id is acked and dropped the third time', () => {
    const server = Bench.server({ maxLineBytes: 4 });
    for (const end of [false, false, true]) {
      server.open();
      server.receive('\n07too long\n08ok\n');
      expect(server.session.linkOpen).toBe(end);
    }
    expect(server.wire()).toBe('07\n08\n');
    expect(server.lines()).toEqual(['ok']);
  });

  it('is forgotten with its link: half a line is not glued to the next (mistake 7 of the originals)', () => {
    const server = Bench.server();
    server.receive('01half a li');
    server.reconnect();
    server.receive('01whole\n');
    expect(server.lines()).toEqual(['whole']);
  });

  it('that is an ack of nothing pending changes nothing', () => {
    const server = Bench.server();
    server.receive('07\nff\n');
    expect(server.story).toEqual(['up']);
  });
});
