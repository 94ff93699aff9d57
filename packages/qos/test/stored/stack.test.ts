import { ackLine } from '@iot/framing';
import { describe, expect, it } from 'vitest';
import { StoredBench, VERSIONS } from './bench.js';

const window = { lines: 4, characters: 1000 };
const NEWEST = { wait: false, newestFirst: true };
const LINES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

/** A session with a window of four lines, in an outage, that has written eight of which the newest goes first; all are stored. */
function written(version: 1 | 2): StoredBench {
  const bench = new StoredBench(version, {}, window);
  for (const line of LINES) {
    bench.process.session.write(line, NEWEST);
    bench.store();
  }
  return bench;
}

const inMemory = ({ process }: StoredBench) => process.session.unsentLines().map(({ text }) => text);
const stacked = ({ process: { session } }: StoredBench) => [session.stacked.lines, session.stacked.bytes];

/** All lines that go out, each acked at once and all stored; what was written meanwhile too. */
function sendAll(bench: StoredBench, version: 1 | 2, during?: (sent: number) => void): string[] {
  const { session } = bench.process;
  const sent = () => wire.match(/(?<=^[\da-f]{2}|^\d+ )[a-zA-Z]+$/gm) ?? [];
  let wire = bench.meet();
  for (let n = 0; session.openLines > 0; n++) {
    if (n > 100) throw new Error(`lines that wait are not sent: ${sent().join(' ')} are`);
    bench.readBack();
    wire += bench.sends();
    during?.(sent().length);
    const standing = { taken: n + 1, received: n + 1, window: 20, sent: 0 };
    bench.process.receive(version === 1 ? `${n.toString(16).padStart(2, '0')}\n` : ackLine(standing));
    bench.store();
  }
  return sent();
}

describe.each(VERSIONS)('lines of which the newest goes first, in version %i', (version) => {
  it('leave memory when there are newer ones, and wait in the log', () => {
    const bench = written(version);
    expect(inMemory(bench)).toEqual(['g', 'h']);
    expect(stacked(bench)).toEqual([6, 6]);
    expect(bench.process.session.unsent(NEWEST)).toBe(8);
    expect([5, 6].map((ticket) => bench.process.session.isShelved(ticket))).toEqual([true, false]);
    expect([5, 6].map((ticket) => bench.process.session.isUnsent(ticket))).toEqual([true, true]);
  });

  it('stay in memory until they are stored', () => {
    const bench = new StoredBench(version, {}, window);
    for (const line of LINES) bench.process.session.write(line, NEWEST);
    expect(inMemory(bench)).toEqual(LINES);
    bench.store();
    bench.process.session.write('i', NEWEST);
    expect(inMemory(bench)).toEqual(['h', 'i']);
  });

  it('come back newest first, a block at a time, when less than half of the window is in memory', () => {
    const bench = written(version);
    const { session } = bench.process;
    for (const ticket of [7, 6]) session.withdraw(ticket);
    bench.readBack();
    expect(inMemory(bench)).toEqual(['e', 'f']);
    expect(session.nextReading()).toBeUndefined();
  });

  it('are sent newest first, also those that are written meanwhile, and each once', () => {
    const bench = written(version);
    const sent = sendAll(bench, version, (count) => {
      if (count === 3) bench.process.session.write('NEW', NEWEST);
    });
    expect(sent.indexOf('NEW')).toBeLessThan(sent.indexOf('a'));
    const others = sent.filter((line) => line !== 'NEW');
    expect([...others].sort()).toEqual(LINES);
    // What has its number when another is written goes before it.
    expect(others.slice(-3)).toEqual(['c', 'b', 'a']);
  });

  it('let lines that keep their order go when one of these was written last', () => {
    const bench = new StoredBench(version, { maxInFlight: 1 }, window);
    const { session } = bench.process;
    for (const line of ['a', 'b']) session.write(line, NEWEST);
    for (const line of ['A', 'B']) session.write(line);
    session.write('c', NEWEST);
    bench.store();
    expect(sendAll(bench, version)).toEqual(['c', 'A', 'B', 'b', 'a']);
  });

  it('are there after a restart, also when a checkpoint has come', () => {
    const bench = written(version);
    bench.process.session.withdraw(0, 1);
    bench.process.session.withdraw(6);
    bench.store();
    bench.restart();
    expect(bench.process.session.unsent(NEWEST)).toBe(6);
    bench.append()();
    bench.restart();
    expect([inMemory(bench), stacked(bench)]).toEqual([[], [6, 6]]);
    expect(sendAll(bench, version)).toEqual(['h', 'f', 'e', 'd', 'c', 'b']);
  });

  it('need the log from the block on in which the oldest of them is', () => {
    const bench = written(version);
    const oldestNeeded = () => {
      const { neededFrom } = bench.take();
      const entry = bench.entries.find(([place]) => place >= neededFrom)?.[1];
      return entry?.kind === 'out' && entry.line;
    };
    bench.restart();
    expect(oldestNeeded()).toBe('a');
    bench.restart();
    for (const ticket of [0, 1, 2, 4]) bench.process.session.withdraw(ticket, 1);
    expect(oldestNeeded()).toBe('d');
  });

  it('that were sent are sent again by the next process, also those that a checkpoint has found in memory', () => {
    const bench = new StoredBench(version, {}, window);
    bench.process.session.write('a', NEWEST);
    // The first batch of a process holds a checkpoint.
    bench.store();
    expect(bench.meet() + bench.sends()).toMatch(/^\d+ ?a$/m);
    bench.restart();
    expect(bench.meet() + bench.sends()).toMatch(/^\d+ ?a$/m);
  });

  it('keep their order when a process comes that was asked for none', () => {
    const bench = written(version);
    bench.window = undefined;
    bench.restart();
    bench.process.session.write('i');
    bench.store();
    expect(sendAll(bench, version)).toEqual(['i', ...LINES.toReversed()]);
  });

  it('are looked up for their size, the oldest first', () => {
    const bench = written(version);
    const { session } = bench.process;
    expect(session.stacked.oldest).toEqual({ ticket: 0, bytes: undefined });
    expect([session.lookUpOldest(), session.lookUpOldest()]).toEqual([true, false]);
    bench.readBack();
    expect(session.stacked.oldest).toEqual({ ticket: 0, bytes: 1 });
    session.withdraw(0, 1);
    expect(session.stacked.oldest).toEqual({ ticket: 1, bytes: 1 });
    for (const ticket of [1, 2]) session.withdraw(ticket, 1);
    expect([session.stacked.oldest?.bytes, session.lookUpOldest()]).toEqual([undefined, true]);
  });

  it('do not come back when the log is read while newer ones leave memory', () => {
    const bench = written(version);
    const { session } = bench.process;
    for (const ticket of [7, 6]) session.withdraw(ticket);
    const reading = session.nextReading()!;
    for (const line of ['i', 'j', 'k', 'l', 'm']) {
      session.write(line, NEWEST);
      bench.store();
    }
    session.withdraw(11);
    for (const [place, entry] of bench.entries) if (reading.wants(place)) reading.take(place, entry);
    expect(reading.end()).toEqual([]);
    expect(sendAll(bench, version)).toEqual(['m', 'k', 'j', 'i', 'f', 'e', 'd', 'c', 'b', 'a']);
  });

  it('that the log has lost are noticed', () => {
    const bench = written(version);
    for (const ticket of [7, 6]) bench.process.session.withdraw(ticket);
    bench.entries.length = 0;
    expect(() => bench.readBack()).toThrow('the log has lost lines');
  });
});
