import { describe, expect, it } from 'vitest';
import { BenchV2, ROLES } from './bench.js';

/** PROTOCOL-2.md section 3, Windows: the sender knows how much it may send. */
describe.each(ROLES)('a %s that sends', (role) => {
  it('sends as much as there is space for: each line costs its length and a constant', () => {
    const bench = BenchV2.met(role, {}, { window: 30, lineCost: 10 });
    for (const text of ['one', 'two', 'three', 'four']) bench.write(text);
    expect(bench.wire()).toBe('1 one\n2 two\n');
    bench.receive('+1 1 28 0\n');
    expect(bench.wire()).toBe('3 three\n');
    bench.receive('+3 3 14 0\n');
    expect(bench.wire()).toBe('4 four\n');
  });

  it('counts bytes of UTF-8', () => {
    const bench = BenchV2.met(role, {}, { window: 8 });
    bench.write('€€');
    bench.write('é');
    bench.write('x');
    expect(bench.wire()).toBe('1 €€\n2 é\n');
  });

  it('sends nothing into a window of 0, and goes on when it opens', () => {
    const bench = BenchV2.met(role, {}, { window: 0 });
    bench.write('one');
    expect(bench.pass(3000)).toMatch(/^(\+0 0 262144 0\n)+$/);
    bench.receive('+0 0 3 0\n');
    expect(bench.wire()).toBe('1 one\n');
  });

  it('sends an unsafe line whatever the window is: it may be dropped', () => {
    const bench = BenchV2.met(role, {}, { window: 0 });
    bench.write('unsafe', { qos: false });
    expect(bench.wire()).toBe(' unsafe\n');
  });

  it('holds short lines back after a long one that does not fit: they are in order', () => {
    const bench = BenchV2.met(role, {}, { window: 10 });
    bench.write('x'.repeat(11));
    bench.write('y');
    expect(bench.wire()).toBe('');
    bench.receive('+0 0 12 0\n');
    expect(bench.wire()).toBe(`1 ${'x'.repeat(11)}\n2 y\n`);
  });

  it('sends a line longer than the peer takes at the cost of its longest: it is dropped there', () => {
    const bench = BenchV2.met(role, {}, { window: 50, longest: 20, lineCost: 10 });
    bench.write('x'.repeat(100));
    bench.write('y'.repeat(10));
    bench.write('z');
    expect(bench.wire()).toBe(`1 ${'x'.repeat(100)}\n2 ${'y'.repeat(10)}\n`);
  });

  it('counts what it sends again on a new link against the new window', () => {
    const bench = BenchV2.met(role);
    for (const text of ['one', 'two', 'three']) bench.write(text);
    bench.wire();
    expect(bench.meetAgain({ window: 8 })).toMatch(/\n1 one\n2 two\n$/);
    bench.receive('+2 2 8 0\n');
    expect(bench.wire()).toBe('3 three\n');
  });
});

const SMALL = { maxUnreadBytes: 100, maxUnreadLines: 10, maxLineBytes: 20 };

describe.each(ROLES)('a %s that receives', (role) => {
  it('says what is left for the lines that it has: each takes its length and a constant', () => {
    const bench = BenchV2.met(role, SMALL);
    bench.receive('1 one\n2 three\n');
    expect(bench.wire()).toBe('+2 2 72 0\n');
    expect(bench.lines()).toEqual(['one', 'three']);
    bench.receive('3 x\n');
    expect(bench.wire()).toBe('+3 3 89 0\n');
  });

  it('ends the link of a peer that sends more than it was told', () => {
    const bench = BenchV2.met(role, SMALL);
    for (let n = 1; n <= 5; n++) bench.receive(`${n} 0123456789\n`);
    expect(bench.ends).toEqual([]);
    expect(bench.wire()).toBe('+5 5 0 0\n');
    bench.receive('6 x\n');
    expect(bench.ends).toEqual(['down: protocol-error']);
    expect(bench.errors).toEqual(['ERR_BAD_FRAME']);
    expect(bench.writes()).toEqual(['!protocol it sent more than its window allows\n']);
    expect(bench.lines()).toHaveLength(5);
    // It was refused, and not taken.
    expect(bench.meet()).toMatch(/^-2 a1 0 b1 5 5 100 /);
    bench.receive('6 x\n');
    expect(bench.lines()).toEqual(['x']);
  });

  it('never shrinks what it told on a link: what comes otherwise takes of the rest', () => {
    const bench = BenchV2.met(role, SMALL);
    bench.receive(' 0123456789\n 0123456789\n 0123456789\n');
    bench.now += 250;
    bench.receive('\n');
    bench.tick();
    expect(bench.wire()).toBe('+0 0 100 0\n');
    for (let n = 1; n <= 5; n++) bench.receive(`${n} 0123456789\n`);
    expect(bench.ends).toEqual([]);
    expect(bench.lines()).toHaveLength(8);
  });

  it('begins a new link with what there is space for, though it told of more on the last', () => {
    const bench = BenchV2.met(role, SMALL);
    bench.receive(' 0123456789\n 0123456789\n 0123456789\n');
    expect(bench.meetAgain()).toMatch(/^-2 a1 0 b1 0 0 40 10 20 0\n/);
  });

  it('drops an unsafe line without space for it, counts it, and goes on', () => {
    const bench = BenchV2.met(role, SMALL);
    for (let i = 0; i < 8; i++) bench.receive(' 0123456789\n');
    expect(bench.ends).toEqual([]);
    expect(bench.lines()).toHaveLength(5);
    expect(bench.session.stats).toMatchObject({ received: 5, unsafeDropped: 3 });
    bench.receive(' again\n');
    expect(bench.lines()).toEqual(['again']);
  });

  it('says that there is more space when it takes a longest line again, or when it is half of all', () => {
    const bench = BenchV2.met(role, SMALL);
    bench.receive('1 a\n2 b\n3 c\n4 d\n5 e\n6 f\n7 g\n8 h\n');
    expect(bench.wire()).toBe('+8 8 12 0\n');
    const said = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((line) => {
      expect(bench.session.read()).toBe(line);
      return bench.writes().join('');
    });
    expect(said).toEqual(['', '+8 8 34 0\n', '', '', '', '', '+8 8 89 0\n', '']);
  });

  it('says all of it with the next keepalive', () => {
    const bench = BenchV2.met(role, SMALL);
    bench.receive('1 a\n2 b\n');
    bench.wire();
    bench.session.read();
    expect(bench.writes()).toEqual([]);
    bench.now += 250;
    bench.tick();
    expect(bench.writes()).toEqual(['+2 2 89 0\n']);
  });

  it('keeps maxUnreadLines by the constant', () => {
    for (const maxUnreadLines of [1, 2, 3, 7, 100]) {
      const bench = BenchV2.met(role, { ...SMALL, maxUnreadBytes: 1000, maxUnreadLines });
      for (let n = 1; bench.session.linkOpen && n < 200; n++) bench.receive(`${n} x\n`);
      expect(bench.ends).toEqual(['down: protocol-error']);
      expect(bench.session.unread).toBeLessThanOrEqual(maxUnreadLines);
      expect(bench.session.unread).toBeGreaterThan(0);
    }
  });

  it('counts a bad line as one of no length: the sender knows its length and this end does not', () => {
    const bench = BenchV2.met(role, SMALL);
    bench.receive('1 \n2 0123456789\n3 0123456789\n4 0123456789\n5 0123456789\n');
    expect(bench.ends).toEqual([]);
    expect(bench.lines()).toHaveLength(4);
  });

  it('ends the link of a peer that sends more bad lines than there is space for', () => {
    for (const ackWhen of ['received', 'read'] as const) {
      const bench = BenchV2.met(role, { ...SMALL, ackWhen });
      bench.receive('1 held\n');
      for (let n = 2; bench.session.linkOpen && n < 50; n++) bench.receive(`${n} \n`);
      expect(bench.ends).toEqual(['down: protocol-error']);
      expect(bench.errors.length).toBeLessThanOrEqual(10);
    }
  });
});
