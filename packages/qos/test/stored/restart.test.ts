import { describe, expect, it } from 'vitest';
import { StoredBench, VERSIONS } from './bench.js';

/** What the next process has of the one that died. */
describe.each(VERSIONS)('version %i', (version) => {
  const texts = (bench: StoredBench) => bench.taken().map(({ text, redelivered }) => [text, redelivered]);

  it('hands lines over again that were not done, in their order, and says so; not those that were done', () => {
    const bench = StoredBench.up(version);
    bench.receive('read', 'taken', 'unread', 'done');
    expect(bench.process.session.read()).toBe('read');
    const [, , done] = bench.taken();
    bench.process.session.done(done!);
    bench.store();
    bench.restart();
    expect(texts(bench)).toEqual([
      ['taken', true],
      ['unread', true],
    ]);
  });

  it('hands a line over again whose entry that it is done was lost with the process', () => {
    const bench = StoredBench.up(version);
    bench.receive('hi');
    bench.process.lines();
    bench.restart();
    expect(texts(bench)).toEqual([['hi', true]]);
  });

  it('takes a line for a repeat that the process before it has received, and acks it', () => {
    const bench = StoredBench.up(version);
    bench.receive('one', 'two');
    expect(bench.process.lines()).toEqual(['one', 'two']);
    bench.store();
    bench.restart();
    const opening = bench.meet({ known: 'a1' });
    if (version === 2) expect(opening).toBe('-2 a1 0 b1 2 2 262144 1024 65536 0\n');
    bench.process.receive(bench.frame(0, 'one') + bench.frame(1, 'two'));
    expect(bench.process.wire()).toMatch(version === 1 ? /^00\n01\n$/ : /^\+2 2 /);
    expect(bench.process.lines()).toEqual([]);
    expect(bench.process.session.stats).toMatchObject({ received: 0, duplicatesDropped: 2 });
  });

  it('receives a line again whose append was lost with the process', () => {
    const bench = StoredBench.up(version);
    bench.process.receive(bench.frame(0, 'hi'));
    bench.take();
    bench.restart();
    bench.meet({ known: 'a1' });
    bench.receive('hi');
    expect(texts(bench)).toEqual([['hi', false]]);
  });

  it('sends again what is not acked, under the same numbers, and goes on after them', () => {
    const bench = StoredBench.up(version);
    const tickets = ['one', 'two', 'three'].map((text) => bench.process.write(text, { wait: false }));
    // Nothing else is sent before id 0 is acked.
    bench.sends();
    bench.process.receive(version === 1 ? '00\n' : '+1 1 100000 0\n');
    bench.sends();
    bench.store();
    bench.restart();
    const begin = bench.meet({ known: 'a1', taken: 1, received: 1 });
    const again = version === 1 ? '01two\n02three\n' : '2 two\n3 three\n';
    expect(begin + bench.sends()).toMatch(new RegExp(`${again}$`));
    expect(bench.process.session.stats).toMatchObject({ sent: 0, retransmitted: 2 });
    expect(bench.process.write('four', { wait: false })).toBe(tickets.length);
    expect(bench.sends()).toBe(version === 1 ? '03four\n' : '4 four\n');
    bench.process.receive(version === 1 ? '01\n02\n03\n' : '+4 4 100000 0\n');
    expect(bench.process.settled).toEqual([1, 2, 3]);
  });

  it('gives a number out again whose entry was lost with the process: it was not sent', () => {
    const bench = StoredBench.up(version);
    bench.process.write('lost');
    bench.process.wire();
    bench.take();
    bench.restart();
    bench.meet({ known: 'a1' });
    bench.process.write('hi');
    expect(bench.sends()).toBe(version === 1 ? '00hi\n' : '1 hi\n');
  });

  it('sends a line that waited for the one before it', () => {
    const bench = StoredBench.up(version);
    bench.process.write('one');
    bench.process.write('two');
    bench.sends();
    bench.restart();
    const begin = bench.meet({ known: 'a1' });
    if (version === 1) {
      expect(bench.sends()).toBe('');
      expect(begin).toBe('00one\n');
      bench.process.receive('00\n');
      expect(bench.sends()).toBe('01two\n');
    } else expect(begin).toMatch(/1 one\n2 two\n$/);
  });

  it('does not send a line that was withdrawn before it had its number', () => {
    const bench = new StoredBench(version);
    const ticket = bench.process.write('withdrawn');
    bench.process.write('hi');
    bench.store();
    expect(bench.process.session.withdraw(ticket)).toBe(true);
    bench.store();
    bench.restart();
    bench.meet();
    expect(bench.sends()).toBe(version === 1 ? '00hi\n' : '1 hi\n');
  });

  it('sends a line on that was withdrawn and has to be acked, and settles nothing with its ack', () => {
    const bench = StoredBench.up(version);
    const ticket = bench.process.write('withdrawn');
    bench.sends();
    expect(bench.process.session.withdraw(ticket)).toBe(false);
    bench.store();
    bench.restart();
    expect(bench.meet({ known: 'a1' })).toMatch(version === 1 ? /^00withdrawn\n$/ : /\n1 withdrawn\n$/);
    bench.process.receive(version === 1 ? '00\n' : '+1 1 100000 0\n');
    expect(bench.process.settled).toEqual([]);
    expect(bench.process.session.unacked).toBe(0);
  });

  it('acks lines that are done in another order once all before them are done', () => {
    const bench = StoredBench.up(version, { ackWhen: 'done' });
    bench.receive('one', 'two');
    const [one, two] = bench.taken();
    bench.process.session.done(two!);
    bench.store();
    bench.restart();
    bench.meet({ known: 'a1' });
    const [again, ...none] = bench.taken();
    expect(again?.text).toBe(one?.text);
    expect(none).toEqual([]);
    bench.process.session.done(again!);
    bench.process.receive(bench.frame(0, 'one') + bench.frame(1, 'two'));
    bench.store();
    expect(bench.process.wire()).toMatch(version === 1 ? /^00\n01\n$/ : /^\+2 2 /);
  });

  it('has acked all when the checkpoint is stored with the last line that is done', () => {
    const bench = StoredBench.up(version, { ackWhen: 'done' });
    bench.receive('one');
    bench.restart();
    bench.meet({ known: 'a1' });
    const [one] = bench.taken();
    // The first batch of a process holds a checkpoint.
    bench.process.session.done(one!);
    bench.append();
    bench.restart();
    const opening = bench.meet({ known: 'a1' });
    if (version === 2) expect(opening).toContain(' b1 1 1 ');
    bench.process.receive(bench.frame(0, 'one'));
    expect(bench.process.wire()).toMatch(version === 1 ? /^00\n$/ : /^\+1 1 /);
  });

  it('counts what it does itself, and not what the process before it did', () => {
    const bench = StoredBench.up(version);
    bench.process.write('out');
    bench.receive('in');
    bench.sends();
    bench.restart();
    const none = { sent: 0, received: 0, retransmitted: 0, duplicatesDropped: 0, outages: 0 };
    expect(bench.process.session.stats).toMatchObject(none);
    expect(bench.process.session.unread).toBe(1);
    expect(bench.process.session.unacked).toBe(1);
  });
});

describe('version 1', () => {
  /** A session that has sent id 0, and more lines without qos: the ids 1, 2 and so on. */
  function withoutQos(count: number): StoredBench {
    const bench = StoredBench.up(1);
    bench.process.write('zero');
    bench.sends();
    bench.process.receive('00\n');
    for (let n = 1; n <= count; n++) bench.process.write(`noise ${n}`, { qos: false });
    bench.sends();
    return bench;
  }

  it('gives no id out again that a line without qos had', () => {
    const bench = withoutQos(3);
    bench.restart();
    bench.meet();
    bench.process.write('next');
    expect(bench.sends()).toBe('04next\n');
  });

  it('sends a line without qos again whose id has to be acked, and no other', () => {
    const bench = withoutQos(8);
    bench.restart();
    expect(bench.meet()).toBe('07noise 7\n');
    bench.process.receive('07\n');
    expect(bench.process.settled).toEqual([]);
    expect(bench.process.session.unacked).toBe(0);
  });

  it('sends all that is not acked before the second keepalive, which shows the peer that no repeat comes', () => {
    const bench = withoutQos(0);
    const texts = ['one', 'two'].map((text) => text.padEnd(1000));
    for (const text of texts) bench.process.write(text, { wait: false });
    bench.sends();
    bench.restart();
    const { process } = bench;
    process.open();
    process.receive('\n');
    const decoder = new TextDecoder();
    expect(decoder.decode(process.session.takeOutput(process.now))).toBe(`\n01${texts[0]}\n`);
    process.session.backPressure(true);
    process.now += 500;
    process.session.backPressure(false);
    expect(process.writes()).toEqual([`02${texts[1]}\n\n`]);
  });

  it('knows after a restart that the sender has waited for the ack of its id 0', () => {
    const bench = StoredBench.up(1);
    bench.receive('same');
    expect(bench.process.wire()).toBe('00\n');
    expect(bench.process.lines()).toEqual(['same']);
    bench.store();
    bench.restart();
    bench.meet();
    bench.process.receive('01same\n');
    bench.store();
    expect(bench.process.wire()).toBe('01\n');
    // The sender restarts, and says the same: a 0 with a keepalive after it and nothing else is its first line.
    bench.meetAgain();
    bench.process.receive('00same\n');
    expect(bench.process.wire()).toBe('');
    bench.process.pass(250);
    bench.store();
    expect(bench.process.lines()).toEqual(['same', 'same']);
  });

  it('knows after a restart that an id 0 that is not done was not acked', () => {
    const bench = StoredBench.up(1, { ackWhen: 'done' });
    bench.receive('same');
    bench.restart();
    bench.meet();
    // A sender that does not wait for acks.
    bench.process.receive('01same\n');
    bench.store();
    bench.meetAgain();
    bench.process.receive('00same\n');
    bench.process.pass(250);
    bench.store();
    expect(bench.taken().map(({ text }) => text)).toEqual(['same', 'same']);
  });

  it.each([
    ['done', 256],
    ['received', 1],
  ] as const)(
    'knows after a restart that an id 0 may have been acked as it was received (now: when %s, for %i lines)',
    (ackWhen, maxUnreadLines) => {
      const bench = StoredBench.up(1, { ackWhen: 'received', maxUnreadLines });
      bench.receive('first');
      bench.process.wire();
      bench.taken();
      bench.meetAgain();
      bench.receive('same');
      expect(bench.process.wire()).toBe('00\n');
      bench.taken();
      bench.restart({ ackWhen });
      bench.meet();
      // The sender has the ack: it goes on.
      bench.process.receive('01on\n');
      bench.store();
      for (const line of bench.taken()) bench.process.session.done(line);
      bench.store();
      // It restarts, and says the same.
      bench.meetAgain();
      bench.process.receive('00same\n');
      bench.process.pass(500);
      bench.store();
      expect(bench.taken().map(({ text }) => text)).toEqual(['same']);
    },
  );

  it('knows after a restart that a sender had restarted', () => {
    const bench = StoredBench.up(1);
    bench.receive('a', 'b', 'c');
    bench.process.wire();
    bench.meetAgain();
    bench.receive('x');
    bench.process.wire();
    bench.process.lines();
    bench.store();
    bench.restart();
    bench.meet();
    bench.process.receive('01b\n');
    bench.store();
    expect(bench.process.lines()).toEqual(['b']);
  });
});

describe('version 2', () => {
  it('has its epoch, and the records of its peers', () => {
    const bench = StoredBench.up(2);
    bench.receive('of b1');
    bench.meetAgain({ epoch: 'b2' });
    bench.process.receive('1 of b2\n');
    bench.store();
    bench.restart();
    expect(bench.process.session.peerEpoch).toBe('b2');
    expect(bench.meet({ epoch: 'b1', known: 'a1' })).toContain('-2 a1 0 b2 1 1 ');
    expect(bench.process.pass(250)).toMatch(/^\+1 1 /);
    expect(bench.process.lines()).toEqual(['of b1', 'of b2']);
  });

  it('settles with the opening line of the peer what was acked and not stored', () => {
    const bench = StoredBench.up(2);
    bench.process.write('hi');
    bench.sends();
    bench.process.receive('+1 1 100000 0\n');
    bench.restart();
    expect(bench.meet({ known: 'a1', taken: 1, received: 1 })).not.toContain('hi');
    expect(bench.process.settled).toEqual([0]);
  });
});
