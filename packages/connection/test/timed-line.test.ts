import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { readTimedLine, timedLine } from '../src/index.js';

const AT = Date.UTC(2026, 2, 1, 6, 30);
const LAST = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

describe('a line that carries when it was made', () => {
  it('has the time before its text', () => {
    expect(timedLine('21.5', AT)).toBe('2026-03-01T06:30:00.000Z 21.5');
    expect(timedLine('21.5', new Date(AT))).toBe('2026-03-01T06:30:00.000Z 21.5');
    expect(readTimedLine('2026-03-01T06:30:00.000Z 21.5')).toEqual({ madeAt: AT, text: '21.5' });
  });

  it('was made now, unless another time is given', () => {
    vi.useFakeTimers({ now: AT });
    try {
      expect(timedLine('21.5')).toBe('2026-03-01T06:30:00.000Z 21.5');
    } finally {
      vi.useRealTimers();
    }
  });

  it('is read as it was made, whatever its text and its time', () => {
    const line = fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\n'));
    fc.assert(
      fc.property(line, fc.integer({ min: 0, max: LAST }), (text, madeAt) => {
        expect(readTimedLine(timedLine(text, madeAt))).toEqual({ madeAt, text });
      }),
    );
  });

  it.each([
    '21.5',
    '',
    '2026-03-01T06:30:00.000Z',
    '2026-03-01 06:30:00 21.5',
    '2026-02-30T06:30:00.000Z 21.5',
    '2026-03-01T24:00:00.000Z 21.5',
    ' 2026-03-01T06:30:00.000Z 21.5',
    '+12026-03-01T06:30:00.000Z 21.5',
  ])('is not %j, which is all text', (line) => {
    expect(readTimedLine(line)).toEqual({ madeAt: undefined, text: line });
  });

  it.each([NaN, -1, LAST + 1, Infinity, new Date(NaN)])('cannot be made at %s', (madeAt) => {
    expect(() => timedLine('21.5', madeAt)).toThrow('madeAt must be a Date, or ms since 1970');
  });
});
