/** Generated frames and streams. */
import fc from 'fast-check';
import { ack, keepalive, message, type PlainFrame } from './wire.js';

export const anyId = fc.integer({ min: 0, max: 255 });

/** Any text a line can have: all of Unicode but the newline, and often what is easily lost on the way. */
export const anyText = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: fc.string({ unit: 'grapheme', maxLength: 12 }) },
      { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 12 }) },
      {
        weight: 1,
        arbitrary: fc.constantFrom('\r', '\0', '\ufeff', '\u2028', '\u0085', 'é', '€', '😀', '00'),
      },
    ),
    { minLength: 1, maxLength: 4 },
  )
  .map((parts) => parts.join('').replaceAll('\n', ''))
  .filter((text) => text !== '');

/** Frames as one end may send them. */
export const anyFrame: fc.Arbitrary<PlainFrame> = fc.oneof(
  fc.constant(keepalive),
  anyId.map(ack),
  fc.tuple(anyId, anyText).map(([id, text]) => message(id, text)),
);

/** Bytes that no end that knows the protocol would send; newlines and hex digits come often enough to make lines. */
export const anyBytes = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(0x0a, 0x0d, 0x30, 0x31, 0x61, 0x46, 0x7a) },
      {
        weight: 1,
        arbitrary: fc.constantFrom(0xc3, 0xa9, 0xe2, 0x82, 0xac, 0xff, 0x80, 0xed, 0xef, 0xbb, 0xbf),
      },
      { weight: 1, arbitrary: fc.integer({ min: 0, max: 255 }) },
    ),
    { maxLength: 60 },
  )
  .map((bytes) => Uint8Array.from(bytes));

/** Where to cut a stream of this length, beginnings and ends included: an empty chunk must do nothing. */
export function anyCuts(length: number): fc.Arbitrary<number[]> {
  return fc.array(fc.integer({ min: 0, max: length }), { maxLength: 12 });
}
