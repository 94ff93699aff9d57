import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  encodeAck,
  encodeHello,
  encodeMessage,
  KEEPALIVE,
  MESSAGE_OVERHEAD,
  setMessageId,
} from '../src/index.js';
import { anyId, anyText } from './arbitraries.js';
import { ack, decode, keepalive, message, shown, utf8 } from './wire.js';

describe('encoding', () => {
  it('makes a keepalive of one newline', () => {
    expect(shown(KEEPALIVE)).toBe('\n');
    expect(decode([KEEPALIVE])).toEqual([keepalive]);
  });

  it('makes an ack of two lower-case hex digits, for every id', () => {
    expect(shown(encodeAck(0))).toBe('00\n');
    expect(shown(encodeAck(10))).toBe('0a\n');
    expect(shown(encodeAck(255))).toBe('ff\n');
    for (let id = 0; id < 256; id++) expect(decode([encodeAck(id)])).toEqual([ack(id)]);
  });

  it('refuses to make an ack of a value that is not an id', () => {
    for (const id of [-1, 256, 1.5, Number.NaN]) expect(() => encodeAck(id)).toThrow(RangeError);
  });

  it('makes a message of id, text and newline', () => {
    expect(shown(encodeMessage(1, 'hi'))).toBe('01hi\n');
    expect(shown(encodeMessage(0xab, '€'))).toBe('ab\xe2\x82\xac\n');
  });

  it('makes a hello of the id and a newline', () => {
    expect(shown(encodeHello('qos'))).toBe('qos\n');
    expect(shown(encodeHello('é'))).toBe('\xc3\xa9\n');
  });

  it('gives back what was written, for every id and every text', () => {
    fc.assert(
      fc.property(anyId, anyText, (id, text) => {
        const frame = encodeMessage(id, text);
        expect(frame.length).toBe(utf8(text).length + MESSAGE_OVERHEAD);
        expect(decode([frame])).toEqual([message(id, text)]);
      }),
      { numRuns: 1000 },
    );
  });

  it('gives each message its own bytes, in a buffer not much larger than they need', () => {
    for (const text of [
      'x',
      'x'.repeat(60),
      'x'.repeat(64),
      'x'.repeat(5000),
      '€'.repeat(5000),
      '😀'.repeat(5000),
    ]) {
      const frame = encodeMessage(1, text);
      expect(frame.buffer).not.toBe(encodeMessage(1, text).buffer);
      // A line may wait long for its ack: it must not hold three times its size for all that time.
      expect(frame.buffer.byteLength).toBeLessThanOrEqual(2 * frame.length + 64);
    }
  });

  it('puts another id on a message and leaves the rest as it is', () => {
    const frame = encodeMessage(0, 'hi');
    setMessageId(frame, 0xfe);
    expect(shown(frame)).toBe('fehi\n');
  });
});
