import { ackLine } from '@iot/framing';
import { describe, expect, it } from 'vitest';
import { StoredBench, VERSIONS } from './bench.js';

const window = { lines: 2, characters: 1000 };
const LINES = ['a', 'b', 'c', 'd', 'e', 'f'];

/** A session with a window of two lines, in an outage, that has written six; all are stored. */
function written(version: 1 | 2): StoredBench {
  const bench = new StoredBench(version, {}, window);
  for (const line of LINES) bench.process.session.write(line);
  bench.store();
  return bench;
}

const inMemory = ({ process }: StoredBench) => process.session.unsentLines().map(({ text }) => text);

describe.each(VERSIONS)('lines beyond the window, in version %i', (version) => {
  it('are not in memory, and wait in the log', () => {
    const bench = written(version);
    expect(inMemory(bench)).toEqual(['a', 'b']);
    expect([bench.process.session.shelved.lines, bench.process.session.shelved.bytes]).toEqual([4, 4]);
    expect(bench.process.session.unsent()).toBe(6);
    expect([1, 2].map((ticket) => bench.process.session.isShelved(ticket))).toEqual([false, true]);
    expect([1, 2].map((ticket) => bench.process.session.isUnsent(ticket))).toEqual([true, true]);
  });

  it('are read back once the queue is less than half full', () => {
    const bench = written(version);
    const { session } = bench.process;
    expect(session.nextReading()).toBeUndefined();
    session.withdraw(0);
    session.withdraw(1);
    bench.readBack();
    expect(inMemory(bench)).toEqual(['c', 'd']);
  });

  it('are in the log alone again after a restart, unless a checkpoint has them', () => {
    const bench = written(version);
    bench.process.session.withdraw(0);
    bench.process.session.withdraw(1);
    bench.store();
    bench.readBack();
    bench.restart();
    expect([inMemory(bench), bench.process.session.shelved.lines]).toEqual([[], 4]);
    bench.readBack();
    bench.append()();
    bench.restart();
    expect([inMemory(bench), bench.process.session.shelved.lines]).toEqual([['c', 'd'], 2]);
    bench.process.session.withdraw(3);
    bench.process.session.withdraw(5, 1);
    bench.store();
    bench.restart();
    expect([inMemory(bench), bench.process.session.shelved.lines]).toEqual([['c'], 1]);
    bench.process.session.withdraw(2);
    bench.readBack();
    expect(inMemory(bench)).toEqual(['e']);
  });

  it('are sent in order, and each once', () => {
    const bench = written(version);
    let wire = bench.meet();
    const sent = () => wire.match(/(?<=^[\da-f]{2}|^\d+ )[a-f]$/gm) ?? [];
    for (let n = 0; n < LINES.length; n++) {
      wire += bench.sends();
      const standing = { taken: n + 1, received: n + 1, window: 1000, sent: 0 };
      bench.process.receive(version === 1 ? `${n.toString(16).padStart(2, '0')}\n` : ackLine(standing));
      bench.store();
      bench.readBack();
    }
    expect(sent()).toEqual(LINES);
  });

  it('make new lines wait after them', () => {
    const bench = written(version);
    bench.process.session.withdraw(0);
    bench.process.session.withdraw(1);
    bench.process.session.write('new');
    expect([inMemory(bench), bench.process.session.shelved.lines]).toEqual([[], 5]);
  });

  it('are read back by a process that was not asked for a window too', () => {
    const bench = written(version);
    bench.window = undefined;
    bench.restart();
    bench.process.session.write('new');
    bench.store();
    expect(bench.process.session.shelved.lines).toBe(5);
    bench.readBack();
    expect(inMemory(bench)).toEqual([...LINES, 'new']);
  });
});
