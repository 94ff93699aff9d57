import { describe, expect, it } from 'vitest';
import { StoredBench, VERSIONS } from './bench.js';

/** What waits until it is stored. */
describe.each(VERSIONS)('version %i', (version) => {
  /** How this end says that it has one line, and that it has none. */
  const ack = version === 1 ? '00\n' : '+1 1 262142 0\n';
  const sent = version === 1 ? '00hi\n' : '1 hi\n';

  it('acks a line once it is stored, and not before', () => {
    const bench = StoredBench.up(version);
    bench.process.receive(bench.frame(0, 'hi'));
    expect(bench.process.session.mustStore).toBe(true);
    expect(bench.process.wire()).toBe('');
    const stored = bench.append();
    expect(bench.process.wire()).toBe('');
    stored();
    expect(bench.process.wire()).toContain(version === 1 ? ack : '+1 1 ');
  });

  it('acks a line that comes again before it is stored once it is stored', () => {
    const bench = StoredBench.up(version);
    bench.process.receive(bench.frame(0, 'hi'));
    bench.meetAgain({ known: 'a1' });
    bench.process.receive(bench.frame(0, 'hi'));
    expect(bench.process.wire()).not.toMatch(version === 1 ? /00\n/ : /\+\d* 1/);
    bench.store();
    expect(bench.process.wire()).toMatch(version === 1 ? /^00\n$/ : /^\+1 1 /);
    expect(bench.process.lines()).toEqual(['hi']);
  });

  it('hands a line over once it is stored, and not before', () => {
    const bench = StoredBench.up(version);
    bench.process.receive(bench.frame(0, 'hi'));
    expect(bench.process.session.read()).toBeUndefined();
    const stored = bench.append();
    expect(bench.process.session.read()).toBeUndefined();
    stored();
    expect(bench.process.session.read()).toBe('hi');
  });

  it('sends a line once its number is stored, and not before', () => {
    const bench = StoredBench.up(version);
    bench.process.write('hi');
    expect(bench.process.wire()).toBe('');
    const stored = bench.append();
    expect(bench.process.wire()).toBe('');
    stored();
    expect(bench.process.wire()).toBe(sent);
  });

  it('stores a line that is written while there is no link', () => {
    const bench = new StoredBench(version);
    bench.process.write('hi');
    expect(bench.store()).toContainEqual({ kind: 'out', ticket: 0, line: 'hi', qos: true, wait: true });
    bench.restart();
    bench.meet();
    expect(bench.sends()).toBe(sent);
  });

  it('has one batch after the other: the next one expects the last entry of the one before', () => {
    const bench = StoredBench.up(version);
    bench.process.write('one');
    const first = bench.take();
    bench.process.write('two');
    const second = bench.take();
    expect(first.expected).toBe(0);
    expect(second.expected).toBe(first.entries.length);
  });

  it('stores nothing of a session in which nothing has happened', () => {
    const bench = StoredBench.up(version);
    expect(bench.process.session.hasEntries).toBe(false);
    expect(bench.process.session.mustStore).toBe(false);
  });

  it('acks a line once it is stored that it is done, with ackWhen done, and not before', () => {
    const bench = StoredBench.up(version, { ackWhen: 'done' });
    bench.receive('hi');
    const [line] = bench.taken();
    expect(bench.process.wire()).not.toMatch(version === 1 ? /00/ : /\+1/);
    bench.process.session.done(line!);
    expect(bench.process.session.mustStore).toBe(true);
    expect(bench.process.wire()).not.toMatch(version === 1 ? /00/ : /\+1/);
    bench.store();
    expect(bench.process.wire()).toMatch(version === 1 ? /^00\n$/ : /^\+1 1 /);
  });

  it('does not wait for what is stored about a line that is done, when it is acked without that', () => {
    const bench = StoredBench.up(version);
    bench.receive('hi');
    bench.process.lines();
    expect(bench.process.session.mustStore).toBe(false);
    expect(bench.process.session.hasEntries).toBe(true);
    expect(bench.store().map(({ kind }) => kind)).toEqual(['done']);
  });

  it('sends nothing of a line without qos that comes to the process after it', () => {
    const bench = new StoredBench(version);
    bench.process.write('noise', { qos: false });
    bench.store();
    bench.restart();
    bench.meet();
    expect(bench.sends()).toBe('');
  });
});

describe('version 1', () => {
  it('stores an ack at once: the peer takes it for received when no repeat comes', () => {
    const bench = StoredBench.up(1);
    bench.process.write('hi');
    bench.sends();
    bench.process.receive('00\n');
    expect(bench.process.session.mustStore).toBe(true);
    expect(bench.store().map(({ kind }) => kind)).toEqual(['acked']);
  });

  it('sends a line without qos once its id is stored: an id that is used again may be taken for a repeat', () => {
    const bench = StoredBench.up(1);
    bench.process.write('zero');
    bench.sends();
    bench.process.receive('00\n');
    bench.process.write('noise', { qos: false });
    expect(bench.process.wire()).toBe('');
    expect(bench.store()).toContainEqual({ kind: 'sent', version: 1, number: 1, ticket: 1 });
    expect(bench.process.settled).toEqual([0]);
    expect(bench.process.wire()).toBe('01noise\n');
    expect(bench.process.settled).toEqual([0, 1]);
  });

  it('keeps an ack back that waits for its line, and not those after it', () => {
    const bench = StoredBench.up(1);
    bench.process.receive('00zero\n');
    const zero = bench.append();
    bench.process.receive('01one\n');
    zero();
    expect(bench.process.wire()).toBe('00\n');
    bench.store();
    expect(bench.process.wire()).toBe('01\n');
  });

  it('acks no line that is not stored, when its id has left the record in the meantime', () => {
    const bench = StoredBench.up(1);
    bench.receive('zero');
    bench.process.wire();
    bench.process.receive('01one\n');
    // An original that does not wait runs on past a line that is not acked.
    for (let id = 2; id < 140; id++) bench.process.receive(`${id.toString(16).padStart(2, '0')}more\n`);
    expect(bench.process.wire()).toBe('');
    bench.store();
    expect(bench.process.wire()).toMatch(/^01\n02\n/);
  });
});

describe('version 2', () => {
  it('stores an ack with what is stored next: the peer remembers what it has taken', () => {
    const bench = StoredBench.up(2);
    bench.process.write('hi');
    bench.sends();
    bench.process.receive('+1 1 100000 0\n');
    expect(bench.process.session.mustStore).toBe(false);
    expect(bench.store()).toEqual([{ kind: 'acked', version: 2, number: 1 }]);
  });

  it('sends lines without qos at once: they have no number', () => {
    const bench = StoredBench.up(2);
    bench.process.write('noise', { qos: false });
    expect(bench.process.wire()).toBe(' noise\n');
    expect(bench.process.session.mustStore).toBe(false);
  });

  it('says a window beyond what is stored: what has come after that is within it', () => {
    const bench = StoredBench.up(2, { maxUnreadBytes: 100, maxUnreadLines: 10, maxLineBytes: 40 });
    bench.process.receive('1 four\n2 four\n');
    expect(bench.process.pass(250)).toBe('+0 0 100 0\n');
    bench.store();
    expect(bench.process.wire()).toBe('+2 2 72 0\n');
    // What was said is taken, to the last byte.
    const rest = 'x'.repeat(26);
    bench.process.receive(`3 ${rest}\n4 ${rest}\n`);
    expect(bench.process.ends).toEqual([]);
    bench.process.receive('5 \n');
    expect(bench.process.ends).toEqual(['down: protocol-error']);
  });

  it('says the same window on the next link, though what has come and is not stored is sent again there', () => {
    const bench = StoredBench.up(2, { maxUnreadBytes: 100, maxUnreadLines: 10, maxLineBytes: 40 });
    bench.process.receive('1 four\n');
    expect(bench.meetAgain({ known: 'a1' })).toBe('-2 a1 0 b1 0 0 100 10 40 0\n');
    bench.process.receive('1 four\n');
    expect(bench.process.session.stats.duplicatesDropped).toBe(1);
    bench.store();
    expect(bench.process.wire()).toBe('+1 1 86 0\n');
  });

  it('sends pending lines under the numbers of another epoch once that is stored', () => {
    const bench = StoredBench.up(2);
    bench.process.write('hi');
    bench.sends();
    bench.meetAgain({ known: 'a1', taken: 7, received: 7 });
    expect(bench.process.ends.at(-1)).toBe('down: gap');
    expect(bench.meet({ known: 'a1f' })).not.toContain('hi');
    expect(bench.store()).toContainEqual({ kind: 'renumbered', epoch: 'a1f' });
    expect(bench.process.wire()).toBe('1 hi\n');
  });
});
