import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cut, decodeSize, encodeSize, MAX_TRANSFER_BYTES, SLAVE_ADDRESS } from '../src/channel/payloads.js';
import { joined, shown, utf8 } from './text.js';

it("names the original's address and limit", () => {
  expect([SLAVE_ADDRESS, MAX_TRANSFER_BYTES]).toEqual([0x12, 200]);
});

describe('a size', () => {
  it.each([
    [0, false, '00 00'],
    [0, true, '00 80'],
    [5, false, '05 00'],
    [200, true, 'c8 80'],
    [0x7fff, false, 'ff 7f'],
  ])('of %d bytes, hold-off %s, is %s', (length, holdOff, bytes) => {
    expect(shown(encodeSize({ length, holdOff }))).toBe(bytes);
    expect(decodeSize(encodeSize({ length, holdOff }))).toEqual({ length, holdOff });
  });
});

describe('cutting into payloads', () => {
  const lengths = (bytes: Uint8Array) => cut(bytes).map((piece) => piece.length);
  const filled = (bytes: number) => 'x'.repeat(bytes);

  it('leaves whole what fits, and makes nothing of nothing', () => {
    expect(lengths(new Uint8Array())).toEqual([]);
    expect(lengths(utf8('x'))).toEqual([1]);
    expect(lengths(utf8(filled(199)))).toEqual([199]);
    expect(lengths(utf8(filled(200)))).toEqual([200]);
    expect(lengths(utf8(filled(201)))).toEqual([200, 1]);
    expect(lengths(utf8(filled(5000)))).toEqual(Array.from({ length: 25 }, () => 200));
  });

  it.each([
    ['é', 199, [199, 2]],
    ['é', 198, [200]],
    ['€', 198, [198, 3]],
    ['€', 197, [200]],
    ['€', 199, [199, 3]],
    ['😀', 197, [197, 4]],
    ['😀', 198, [198, 4]],
    ['😀', 199, [199, 4]],
    ['😀', 196, [200]],
    ['😀', 200, [200, 4]],
  ])('moves a cut before %s when it begins after %d bytes', (character, before, expected) => {
    expect(lengths(utf8(filled(before) + character))).toEqual(expected);
  });

  it('cuts bytes that are not UTF-8 where a transfer is full', () => {
    expect(lengths(new Uint8Array(500).fill(0x80))).toEqual([200, 200, 100]);
    expect(lengths(new Uint8Array(500).fill(0xff))).toEqual([200, 200, 100]);
    // A character of two bytes does not explain a third.
    const odd = new Uint8Array(202).fill(0x80);
    odd[198] = 0xc3;
    expect(lengths(odd)).toEqual([200, 2]);
  });

  it('keeps every byte, in payloads of at most 200', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1500 }), (bytes) => {
        const pieces = cut(bytes);
        expect(joined(pieces)).toEqual(bytes);
        for (const piece of pieces) expect(piece.length).toSatisfy((it: number) => it > 0 && it <= 200);
      }),
    );
  });

  it('makes payloads of text each of which can be decoded by itself', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 50, maxLength: 800 }), (text) => {
        const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
        const pieces = cut(utf8(text));
        expect(pieces.map((piece) => decoder.decode(piece)).join('')).toBe(text);
        // No payload is shorter than it has to be.
        for (const piece of pieces.slice(0, -1)) expect(piece.length).toBeGreaterThan(196);
      }),
    );
  });
});
