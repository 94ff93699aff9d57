import { describe, expect, it } from 'vitest';
import { Newest } from '../src/newest.js';
import { format, parse } from '../src/state.js';

function accepts(newest: Newest, seq: number, link: number): boolean {
  return newest.accepts({ on: true, stamp: { seq, link } });
}

describe('the newest state', () => {
  it('is the one with the highest number', () => {
    const newest = new Newest();
    expect([1, 2, 1, 2, 4, 3, 5].map((seq) => accepts(newest, seq, 7))).toEqual([
      ...[true, true, false, false],
      ...[true, false, true],
    ]);
  });

  it('is the first that is told on a new link', () => {
    const newest = new Newest();
    accepts(newest, 1, 7);
    accepts(newest, 2, 7);
    newest.linkUp();
    expect(accepts(newest, 1, 8)).toBe(true);
  });

  it('is none that was written for an earlier link', () => {
    const newest = new Newest();
    newest.linkUp();
    accepts(newest, 1, 7);
    newest.linkUp();
    newest.linkUp(); // a short one, on which nothing came
    expect(accepts(newest, 2, 7)).toBe(false);
    expect(accepts(newest, 1, 8)).toBe(true);
    expect(accepts(newest, 3, 7)).toBe(false);
    expect(accepts(newest, 2, 8)).toBe(true);
  });

  it('is none that was written for an earlier link, to who has restarted and knows of none', () => {
    const newest = new Newest();
    newest.linkUp();
    expect(accepts(newest, 6, 7)).toBe(false);
    expect(accepts(newest, 1, 8)).toBe(true);
  });

  it('is each that a board sends, which does not number them', () => {
    const newest = new Newest();
    accepts(newest, 1, 7);
    newest.linkUp();
    expect([newest.accepts({ on: true }), newest.accepts({ on: true })]).toEqual([true, true]);
  });
});

describe('a line', () => {
  it('holds the level of the pin, and the stamp', () => {
    expect(format({ on: true, stamp: { seq: 3, link: 7 } })).toBe('[0,3,7]');
    expect(format({ on: false, stamp: { seq: 4, link: 7 } })).toBe('[1,4,7]');
    expect(parse('[0,3,7]')).toEqual({ on: true, stamp: { seq: 3, link: 7 } });
  });

  it.each(['', '0', '{}', '[]', '["0"]', '[null]', 'null', '[0'])('that is %j holds no state', (line) => {
    expect(parse(line)).toBeUndefined();
  });
});
