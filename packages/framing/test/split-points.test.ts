import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeAck, encodeMessage, KEEPALIVE } from '../src/index.js';
import { anyBytes, anyCuts, anyFrame } from './arbitraries.js';
import { modelDecode } from './model.js';
import {
  ack,
  concat,
  cut,
  decode,
  keepalive,
  latin1,
  malformed,
  message,
  shown,
  type PlainFrame,
} from './wire.js';

/** A session with all that can come in one: it is cut at every byte below. */
const STREAM = concat([
  latin1('\n00hello\n00\n\n'),
  new TextEncoder().encode('01é€😀\r\n02\ufeff\0\n'),
  latin1('ffFF\nzz\n\r\n0\n03\xff\xfe\n04'),
  latin1(`${'x'.repeat(20)}y\n05${'x'.repeat(20)}\n06\n`),
]);
const FRAMES = [
  keepalive,
  message(0, 'hello'),
  ack(0),
  keepalive,
  message(1, 'é€😀\r'),
  message(2, '\ufeff\0'),
  message(255, 'FF'),
  malformed('ERR_BAD_FRAME'),
  malformed('ERR_BAD_FRAME'),
  malformed('ERR_BAD_FRAME'),
  malformed('ERR_BAD_UTF8', 3),
  malformed('ERR_LINE_TOO_LONG', 4),
  message(5, 'x'.repeat(20)),
  ack(6),
];
const MAX_LINE_BYTES = 20;

/** PROTOCOL.md section 3, What the originals get wrong and we must not: number 7. Every split point is the same. */
describe('where a stream is cut', () => {
  it('makes no difference for one cut, at any byte', () => {
    for (let at = 0; at <= STREAM.length; at++) {
      expect(decode(cut(STREAM, [at]), MAX_LINE_BYTES), `cut at ${at}`).toEqual(FRAMES);
    }
  });

  it('makes no difference for two cuts, at any two bytes', () => {
    const whole = JSON.stringify(FRAMES);
    for (let first = 0; first < STREAM.length; first++) {
      for (let second = first + 1; second < STREAM.length; second++) {
        const frames = decode(cut(STREAM, [first, second]), MAX_LINE_BYTES);
        if (JSON.stringify(frames) !== whole) expect(frames, `cut at ${first} and ${second}`).toEqual(FRAMES);
      }
    }
  });

  it('makes no difference byte by byte', () => {
    expect(
      decode(
        [...STREAM].map((byte) => Uint8Array.of(byte)),
        MAX_LINE_BYTES,
      ),
    ).toEqual(FRAMES);
  });

  it('makes no difference just before a newline, where the original server merges two lines', () => {
    expect(decode(['01one', '\n02two\n'])).toEqual([message(1, 'one'), message(2, 'two')]);
  });

  it('makes no difference within a character, where the original server loses its reader', () => {
    expect(decode([latin1('01\xe2'), latin1('\x82'), latin1('\xac\n')])).toEqual([message(1, '€')]);
  });

  it('makes no difference for any frames, cut anywhere', () => {
    const sessions = fc.array(anyFrame, { minLength: 1, maxLength: 12 }).chain((frames) => {
      const bytes = concat(frames.map(encoded));
      return fc.tuple(fc.constant(frames), fc.constant(bytes), anyCuts(bytes.length));
    });
    fc.assert(
      fc.property(sessions, ([frames, bytes, places]) => {
        expect(decode(cut(bytes, places))).toEqual(frames);
      }),
      { numRuns: 500 },
    );
  });

  it('makes no difference for any bytes at all, and gives what the protocol says', () => {
    const streams = anyBytes.chain((bytes) => fc.tuple(fc.constant(bytes), anyCuts(bytes.length)));
    fc.assert(
      fc.property(streams, fc.integer({ min: 1, max: 8 }), ([bytes, places], maxLineBytes) => {
        const frames = modelDecode(bytes, maxLineBytes);
        expect(decode([bytes], maxLineBytes), shown(bytes)).toEqual(frames);
        expect(decode(cut(bytes, places), maxLineBytes), shown(bytes)).toEqual(frames);
      }),
      { numRuns: 3000 },
    );
  });
});

function encoded(frame: PlainFrame): Uint8Array {
  switch (frame.type) {
    case 'keepalive':
      return KEEPALIVE;
    case 'ack':
      return encodeAck(frame.id);
    case 'message':
      return encodeMessage(frame.id, frame.text);
    case 'version-2':
    case 'malformed':
      throw new Error('no frame that version 1 encodes');
  }
}
