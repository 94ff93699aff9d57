import { describe, expect, it } from 'vitest';
import { Bench } from './bench.js';

/** A client whose id 0 is acked, so that the rules for later ids apply. */
function started(options = {}): Bench {
  const client = Bench.client(options);
  client.write('zero');
  client.wire();
  client.receive('00\n');
  client.settled.length = 0;
  return client;
}

const hex = (id: number) => id.toString(16).padStart(2, '0');

describe('ids', () => {
  it('count 0, 1, … 255, 1, and 0 is never used again', () => {
    const client = Bench.client();
    const ids: string[] = [];
    for (let i = 0; i < 258; i++) {
      client.write('x');
      const id = client.wire().slice(0, 2);
      ids.push(id);
      client.receive(`${id}\n`);
    }
    expect(ids).toEqual([...Array.from({ length: 256 }, (_, i) => hex(i)), '01', '02']);
  });

  it('go on over a reconnection', () => {
    const client = started();
    client.reconnect();
    client.write('next');
    expect(client.wire()).toBe('board\n01next\n');
  });

  it('0 is sent alone, whatever else is written', () => {
    const client = Bench.client();
    client.write('ordered');
    client.write('free', { wait: false });
    client.write('express', { qos: false });
    expect(client.wire()).toBe('00express\n');
    client.receive('00\n');
    expect(client.wire()).toBe('01ordered\n02free\n');
  });
});

describe('a qos write', () => {
  it('settles when acked, and not before', () => {
    const client = Bench.client();
    const ticket = client.write('hi');
    client.wire();
    expect(client.settled).toEqual([]);
    client.receive('00\n');
    expect(client.settled).toEqual([ticket]);
  });

  it('is sent again after the timeout, the same bytes, until acked', () => {
    const client = started();
    client.write('hi');
    expect(client.wire()).toBe('01hi\n');
    expect(client.pass(750)).toBe('');
    expect(client.pass(250)).toBe('01hi\n');
    expect(client.pass(1250)).toBe('');
    expect(client.pass(250)).toBe('01hi\n');
    client.receive('01\n');
    expect(client.pass(5000)).toBe('');
    expect(client.session.stats.retransmitted).toBe(2);
  });

  it('waits for the ack of the waiting write before it', () => {
    const client = started();
    client.write('a');
    client.write('b');
    expect(client.wire()).toBe('01a\n');
    client.receive('01\n');
    expect(client.wire()).toBe('02b\n');
  });

  it('that does not wait overtakes waiting ones, up to maxInFlight', () => {
    const client = started({ maxInFlight: 3 });
    client.write('a');
    client.write('b');
    for (const text of ['c', 'd', 'e']) client.write(text, { wait: false });
    expect(client.wire()).toBe('01a\n02c\n03d\n');
    client.receive('01\n02\n03\n');
    expect(client.wire()).toBe('04b\n05e\n');
  });

  it('is not blocked by a lost line without qos (mistake 4 of the originals)', () => {
    const client = started();
    client.write('lost', { qos: false });
    client.wire();
    client.write('kept');
    expect(client.wire()).toBe('02kept\n');
  });

  it('is sent again after an outage, in order, before anything new', () => {
    const client = started();
    for (const text of ['a', 'b', 'c']) client.write(text, { wait: false });
    client.wire();
    client.write('new', { wait: false });
    client.receive('02\n');
    client.session.linkClosed(client.now, 'reset');
    client.open();
    client.receive('\n');
    expect(client.wire()).toBe('board\n01a\n03c\n04new\n');
  });

  it('has its time from the last ack of a line sent before it', () => {
    const client = started();
    for (const text of ['a', 'b']) client.write(text, { wait: false });
    client.wire();
    client.pass(750);
    client.receive('01\n');
    expect(client.pass(500)).toBe('');
    expect(client.pass(250)).toBe('02b\n');
  });

  it('is repeated for all acks of lines sent before it, in time for a receiver that has refused it', () => {
    const client = started();
    const texts = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    for (const text of texts) client.write(text, { wait: false });
    client.wire();
    let repeated = '';
    for (let id = 1; repeated === ''; id++) {
      client.receive(`${hex(id)}\n`);
      repeated = client.pass(250);
    }
    expect(client.now).toBe(1500);
  });

  it('has its time from its sending once a line sent after it is acked', () => {
    const client = started();
    for (const text of ['a', 'b', 'c']) client.write(text, { wait: false });
    client.wire();
    client.pass(750);
    client.receive('01\n03\n');
    expect(client.pass(250)).toBe('02b\n');
  });

  it('that is long has the time that long lines have taken', () => {
    const client = started();
    client.write('x'.repeat(1500));
    client.wire();
    client.pass(750);
    client.receive('01\n');
    client.write('y'.repeat(1500));
    client.wire();
    expect(client.pass(1500)).toBe('');
    expect(client.pass(250)).toHaveLength(1503);
  });

  it('waits while as much is on its way as the link carries in a timeout', () => {
    const client = started();
    client.write('x'.repeat(1500));
    client.wire();
    client.pass(750);
    client.receive('01\n');
    for (let i = 0; i < 3; i++) client.write('x'.repeat(800), { wait: false });
    expect(client.wire()).toHaveLength(2 * 803);
    client.receive('02\n');
    client.receive('03\n');
    expect(client.wire()).toHaveLength(803);
  });

  it('goes beside another again when a peer that was slow to ack is quick', () => {
    const client = started({ maxInFlight: 2 });
    for (let i = 1; i <= 20; i++) client.write('x'.repeat(10), { wait: false });
    client.wire();
    for (let id = 1; id <= 5; id++) {
      client.pass(600);
      client.receive(`${hex(id)}\n`);
      client.wire();
    }
    expect(client.session.unacked).toBe(1);
    for (let id = 6; id <= 12; id++) {
      client.now += 50;
      client.receive(`${hex(id)}\n`);
      client.wire();
    }
    expect(client.session.unacked).toBe(2);
    expect(client.session.stats.retransmitted).toBe(0);
  });

  it('is repeated alone: other lines and the keepalive wait for its ack, at most half a timeout', () => {
    const client = started();
    for (const text of ['a', 'b', 'c', 'd']) client.write(text, { wait: false });
    client.wire();
    client.receive('01\n');
    client.now += 1000;
    expect(client.writes()).toEqual(['02b\n']);
    client.write('now', { qos: false });
    expect(client.writes()).toEqual([]);
    client.receive('02\n');
    expect(client.writes()).toEqual(['03c\n']);
    client.now += 500;
    expect(client.writes()).toEqual(['04d\n\n05now\n']);
  });

  it('goes alone after a repeat, until the peer has acked many', () => {
    const client = started();
    for (let i = 1; i <= 67; i++) client.write('x', { wait: false });
    client.wire();
    client.pass(1000);
    for (let id = 1; id <= 64; id++) {
      client.receive(`${hex(id)}\n`);
      client.wire();
    }
    expect(client.session.unacked).toBe(2);
  });

  it('is not held back when the repeat before it was not needed', () => {
    const client = started({ maxInFlight: 2 });
    for (let i = 1; i <= 4; i++) client.write('x', { wait: false });
    client.wire();
    expect(client.pass(1000)).toBe('01x\n');
    client.receive('01\n02\n01\n');
    expect(client.wire()).toBe('03x\n04x\n');
  });

  it('is not held back by repeats that were lost with the link', () => {
    const client = started({ maxInFlight: 4 });
    for (let i = 1; i <= 20; i++) client.write('x', { wait: false });
    client.wire();
    client.receive('01\n02\n03\n04\n');
    client.wire();
    client.receive('05\n');
    expect(client.wire()).toBe('09x\n');
    client.now += 1000;
    client.session.tick(client.now);
    expect(client.wire()).toBe('06x\n');
    client.session.tick(client.now);
    expect(client.session.linkOpen).toBe(false);
    client.open();
    client.receive('\n');
    expect(client.wire()).toBe('board\n06x\n07x\n08x\n09x\n');
    for (const id of ['06', '07', '08', '09']) client.receive(`${id}\n`);
    expect(client.wire()).toBe('0ax\n0bx\n0cx\n0dx\n');
  });

  it('goes only when the first burst is acked as a whole: a peer may have dropped the rest of it', () => {
    const client = started({ maxInFlight: 2 });
    for (let i = 1; i <= 5; i++) client.write('x', { wait: false });
    expect(client.wire()).toBe('01x\n02x\n');
    client.receive('01\n');
    expect(client.wire()).toBe('');
    client.receive('02\n');
    expect(client.wire()).toBe('03x\n04x\n');
    client.receive('03\n');
    expect(client.wire()).toBe('05x\n');
  });

  it('does not join a burst that went out before: a peer with space for one line may have space again', () => {
    const client = started({ maxInFlight: 4 });
    client.write('x', { wait: false });
    client.write('x', { wait: false });
    expect(client.wire()).toBe('01x\n02x\n');
    client.now += 1;
    client.write('x', { wait: false });
    expect(client.wire()).toBe('');
    client.receive('01\n02\n');
    expect(client.wire()).toBe('03x\n');
    client.now += 1;
    client.write('x', { wait: false });
    expect(client.wire()).toBe('04x\n');
  });

  it('is not repeated while the transport is full', () => {
    const client = started();
    client.write('hi');
    client.wire();
    client.session.backPressure(true);
    expect(client.pass(3000)).toBe('');
    client.session.backPressure(false);
    expect(client.wire()).toBe('01hi\n');
  });

  it('that was acked while down to the last link is settled by the ack of its repeat', () => {
    const client = started();
    const ticket = client.write('hi');
    client.wire();
    client.reconnect();
    client.wire();
    client.receive('01\n');
    expect(client.settled).toEqual([ticket]);
  });

  it('over which the peer has ended three links in a row is named', () => {
    const client = started();
    const ticket = client.write('poison');
    for (let i = 0; i < 3; i++) {
      client.wire();
      client.reconnect();
    }
    const error = client.events.find((event) => event.type === 'peer-error');
    expect(error?.error.message).toMatch(/"poison".*abort this write/);
    client.session.withdraw(ticket);
    client.write('next');
    client.wire();
    client.receive('02\n');
    expect(client.settled).toHaveLength(1);
  });

  it('is not named when the links in between ended by themselves', () => {
    const client = started();
    client.write('innocent');
    for (const reason of ['reset', 'fin', 'closed', 'reset', 'fin'] as const) {
      client.wire();
      client.session.linkClosed(client.now, reason);
      client.open();
      client.receive('\n');
    }
    expect(client.story).not.toContain('peer-error');
  });

  it('that must be acked whatever the caller does is named without the advice to abort it', () => {
    const client = Bench.client();
    client.write('poison');
    for (let i = 0; i < 3; i++) {
      client.wire();
      client.reconnect();
    }
    const error = client.events.find((event) => event.type === 'peer-error');
    expect(error?.error.message).toMatch(/"poison".*only a new session/);
  });
});

describe('a write without qos', () => {
  it('goes ahead of queued qos writes and settles when handed over', () => {
    const client = started();
    client.write('a');
    client.write('b');
    client.wire();
    const ticket = client.write('now', { qos: false });
    expect(client.wire()).toBe('02now\n');
    expect(client.settled).toEqual([ticket]);
  });

  it('waits for the link', () => {
    const client = started();
    client.session.linkClosed(client.now, 'fin');
    client.write('later', { qos: false });
    expect(client.wire()).toBe('');
    client.open();
    client.receive('\n');
    expect(client.wire()).toBe('board\n01later\n');
  });

  it('is not repeated, unless its id is a keeper', () => {
    const client = started();
    for (let i = 1; i <= 8; i++) client.write(`x${i}`, { qos: false });
    client.wire();
    expect(client.pass(1000)).toBe('07x7\n');
    client.receive('07\n');
    expect(client.pass(2000)).toBe('');
  });

  it('waits at the spread limit, as every write does', () => {
    const client = started({ maxInFlight: 100 });
    client.write('oldest', { wait: false });
    client.wire();
    for (let i = 0; i < 130; i++) client.write('x', { qos: false });
    const sent = client.wire().split('\n').length - 1;
    expect(sent).toBe(119);
    client.receive('01\n');
    // Now id 7, a keeper, is the oldest: six more may go.
    expect(client.wire().split('\n').length - 1).toBe(6);
  });

  it('is not counted as in flight', () => {
    const client = started({ maxInFlight: 1 });
    for (let i = 0; i < 20; i++) client.write('x', { qos: false });
    client.write('qos');
    expect(client.wire()).toContain('qos\n');
  });
});

describe('a withdrawn write', () => {
  it('is never sent when it had not been', () => {
    const client = started();
    client.write('a');
    const b = client.write('b');
    client.wire();
    expect(client.session.withdraw(b)).toBe(true);
    client.receive('01\n');
    expect(client.wire()).toBe('');
  });

  it('is not sent again when it had been, and no longer holds up others', () => {
    const client = started();
    const a = client.write('a');
    client.wire();
    client.write('b');
    expect(client.session.withdraw(a)).toBe(false);
    expect(client.wire()).toBe('02b\n');
    expect(client.pass(1000)).toBe('02b\n');
  });

  it('is repeated until acked when its id is a keeper', () => {
    const client = Bench.client();
    const zero = client.write('zero');
    client.wire();
    client.session.withdraw(zero);
    client.write('next');
    expect(client.pass(1000)).toBe('00zero\n');
    client.receive('00\n');
    expect(client.settled).toEqual([]);
    expect(client.wire()).toBe('01next\n');
  });
});

describe('what goes out', () => {
  it('has repeats before a keepalive: a line without them would tell the peer that they are not needed', () => {
    const client = started();
    client.write('hi');
    client.wire();
    client.now += 1000;
    client.write('now', { qos: false });
    expect(client.writes()).toEqual(['01hi\n\n02now\n']);
  });

  it("ends at a line's end and fits one segment, unless a single line is longer", () => {
    const client = started({ maxInFlight: 100 });
    const sizes = [600, 600, 600, 3000, 10];
    for (const size of sizes) client.write('x'.repeat(size), { wait: false });
    const writes = client.writes();
    expect(writes.map((bytes) => bytes.length)).toEqual([1206, 603, 3003, 13]);
    for (const bytes of writes) expect(bytes.endsWith('\n')).toBe(true);
  });

  it('stays within maxInFlightBytes, toward an original server', () => {
    const client = started({ maxInFlight: 100, maxInFlightBytes: 1400 });
    for (let i = 0; i < 4; i++) client.write('x'.repeat(500), { wait: false });
    expect(client.wire()).toHaveLength(1006);
    client.receive('01\n');
    expect(client.wire()).toHaveLength(503);
  });

  it('counts lines without qos in maxInFlightBytes until acked, or lost for a timeout', () => {
    const client = started({ maxInFlightBytes: 1400 });
    for (let i = 0; i < 6; i++) client.write('x'.repeat(500), { qos: false });
    expect(client.wire()).toHaveLength(1006);
    client.receive('01\n');
    expect(client.wire()).toHaveLength(503);
    expect(client.pass(1000)).toHaveLength(1006);
  });

  it('forgets the bytes of a line without qos when its id comes round again', () => {
    const client = started({ maxInFlightBytes: 60_000 });
    for (let i = 0; i < 500; i++) client.write('x'.repeat(100), { qos: false });
    // A peer that acks what must be acked and nothing else.
    for (let wire = client.wire(); wire !== ''; wire = client.wire()) {
      const ids = wire.split('\n').map((line) => line.slice(0, 2));
      client.receive(
        ids
          .filter((id) => id !== '' && (parseInt(id, 16) & 7) === 7)
          .map((id) => `${id}\n`)
          .join(''),
      );
    }
    client.reconnect();
    client.write('y'.repeat(59_000));
    expect(client.wire()).toHaveLength('board\n'.length + 59_003);
  });

  it('may be one line longer than maxInFlightBytes, alone, and its repeats', () => {
    const client = started({ maxInFlightBytes: 1400 });
    client.write('x'.repeat(2000));
    expect(client.wire()).toHaveLength(2003);
    expect(client.pass(2250)).toBe('');
    expect(client.pass(250)).toHaveLength(2003);
  });
});
