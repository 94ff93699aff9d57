import { describe, expect, it } from 'vitest';
import { StoredBench } from './bench.js';

/** A process that speaks version 1 after one that spoke version 2, or in a session that does. */
describe('a process that speaks up to version 1', () => {
  it('sends in version 1 what was sent in version 2 and not acked, from a checkpoint too', () => {
    const bench = StoredBench.up(2);
    bench.process.write('hi');
    bench.sends();
    // The first batch of a process holds a checkpoint.
    bench.restart();
    bench.process.write('there');
    bench.store();
    bench.restart({ protocol: 1 });
    bench.process.open();
    bench.process.receive('\n');
    expect(bench.sends()).toBe('00hi\n');
    bench.process.receive('00\n');
    expect(bench.sends()).toBe('01there\n');
    expect(bench.process.settled).toEqual([0]);
  });

  it('keeps for the next process what version 2 has received, and its epoch', () => {
    const bench = StoredBench.up(2);
    bench.receive('hi');
    expect(bench.process.lines()).toEqual(['hi']);
    bench.store();
    bench.restart({ protocol: 1 });
    bench.process.open();
    bench.process.receive('\n00of version 1\n');
    bench.store();
    bench.restart();
    expect(bench.meet({ known: 'a1' })).toContain('-2 a1 0 b1 1 1 ');
    bench.process.receive('1 hi\n');
    expect(bench.taken().map(({ text }) => text)).toEqual(['of version 1']);
  });

  it('does not introduce itself in version 2, nor offer it', () => {
    const bench = StoredBench.up(2, { role: 'client' });
    bench.process.write('hi');
    bench.sends();
    bench.restart({ protocol: 1 });
    expect(bench.process.session.introduction()).toBeUndefined();
    bench.process.open();
    expect(bench.process.writes()).toEqual(['board\n']);
  });
});

describe('a session of version 2 on a link that speaks version 1', () => {
  it('sends nothing again after a restart that was acked in version 2 later', () => {
    const bench = StoredBench.up(2, { settleMs: 50 });
    bench.process.write('one');
    expect(bench.sends()).toBe('1 one\n');
    bench.restart();
    // The line is to be sent in version 1, once the client has settled.
    bench.process.open();
    bench.process.receive('\n');
    bench.process.write('two');
    bench.store();
    bench.meetAgain({ known: 'a1', taken: 1, received: 1 });
    expect(bench.process.settled).toEqual([0]);
    expect(bench.sends()).toBe('2 two\n');
    bench.store();
    bench.restart();
    expect(bench.meet({ known: 'a1', taken: 1, received: 1 }) + bench.sends()).toMatch(/0\n2 two\n$/);
  });

  it('sends a line without qos in version 2 that had an id of version 1 and was not sent', () => {
    const bench = new StoredBench(2);
    bench.process.open();
    bench.process.receive('\n');
    const ticket = bench.process.write('noise', { qos: false });
    expect(bench.process.wire()).toBe('');
    bench.process.cut();
    bench.process.open();
    bench.store();
    bench.process.cut();
    expect(bench.meet()).toContain(' noise\n');
    expect(bench.process.settled).toEqual([ticket]);
  });
});
