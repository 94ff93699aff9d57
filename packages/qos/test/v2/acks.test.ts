import { describe, expect, it } from 'vitest';
import { BenchV2, ROLES } from './bench.js';

/** PROTOCOL-2.md section 3, Acks: what is taken, and when. */
describe.each(ROLES)('a %s that acks when read', (role) => {
  const options = { ackWhen: 'read', maxUnreadBytes: 1000, maxUnreadLines: 10, maxLineBytes: 50 } as const;

  it('has received what came, and takes what the application reads', () => {
    const bench = BenchV2.met(role, options);
    bench.receive('1 one\n2 two\n3 three\n');
    expect(bench.wire()).toBe('+0 3 689 0\n');
    expect(bench.session.read()).toBe('one');
    expect(bench.wire()).toBe('+1 3 792 0\n');
    expect(bench.lines()).toEqual(['two', 'three']);
    expect(bench.wire()).toBe('+3 3 1000 0\n');
  });

  it('holds what it has received over links: it is not sent again', () => {
    const bench = BenchV2.met(role, options);
    bench.receive('1 one\n2 two\n');
    expect(bench.meetAgain()).toMatch(/^-2 a1 0 b1 0 2 794 /);
    bench.receive('3 three\n');
    expect(bench.lines()).toEqual(['one', 'two', 'three']);
    expect(bench.wire()).toMatch(/^\+3 3 /);
  });

  it('takes what it reads while there is no link, and says so on the next', () => {
    const bench = BenchV2.met(role, options);
    bench.receive('1 one\n2 two\n');
    bench.cut();
    expect(bench.session.read()).toBe('one');
    expect(bench.meet()).toMatch(/^-2 a1 0 b1 1 2 /);
  });

  it('takes a held line of another run of the peer for that run alone', () => {
    const bench = BenchV2.met(role, options);
    bench.receive('1 one\n2 two\n');
    bench.meetAgain({ epoch: 'b2' });
    bench.receive('1 new\n');
    expect(bench.wire()).toMatch(/^\+0 1 /);
    expect(bench.session.read()).toBe('one');
    expect(bench.session.read()).toBe('two');
    // It has not taken a line of the run that is there.
    bench.now += 250;
    bench.receive('\n');
    bench.tick();
    expect(bench.wire()).toMatch(/^\+0 1 /);
    expect(bench.session.read()).toBe('new');
    expect(bench.wire()).toMatch(/^\+1 1 /);
    expect(bench.meetAgain({ epoch: 'b1' })).toMatch(/^-2 a1 0 b[12] /);
    bench.receive('3 three\n');
    expect(bench.wire()).toMatch(/^\+2 3 /);
  });

  it('takes a bad line when those before it are taken', () => {
    const bench = BenchV2.met(role, options);
    bench.receive('1 one\n2 \n3 \n4 four\n5 \n');
    expect(bench.wire()).toMatch(/^\+0 5 /);
    bench.session.read();
    expect(bench.wire()).toMatch(/^\+3 5 /);
    bench.session.read();
    expect(bench.wire()).toMatch(/^\+5 5 /);
  });

  it('takes a bad line at once that is the first', () => {
    const bench = BenchV2.met(role, options);
    bench.receive('1 \n');
    expect(bench.wire()).toMatch(/^\+1 1 /);
  });

  it('acks nothing for unsafe lines that are read', () => {
    const bench = BenchV2.met(role, options);
    bench.receive(' unsafe\n1 one\n');
    expect(bench.wire()).toMatch(/^\+0 1 /);
    expect(bench.session.read()).toBe('unsafe');
    expect(bench.session.read()).toBe('one');
    expect(bench.wire()).toMatch(/^\+1 1 /);
  });
});

describe.each(ROLES)('a %s that acks when received', (role) => {
  it('takes what has come, read or not', () => {
    const bench = BenchV2.met(role);
    bench.receive('1 one\n2 two\n');
    expect(bench.wire()).toMatch(/^\+2 2 /);
    bench.cut();
    expect(bench.lines()).toEqual(['one', 'two']);
    bench.meet();
    bench.receive('3 three\n');
    expect(bench.wire()).toMatch(/\+3 3 /);
  });
});
