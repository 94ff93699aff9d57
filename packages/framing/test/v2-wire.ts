/** Frames of version 2 in a form that `toEqual` can compare, and a decoder written for clearness only. */
import fc from 'fast-check';
import {
  ackLine,
  DecoderV2,
  endLine,
  messageLine,
  openingLine,
  unsafeLine,
  utf8Length,
  type EndCode,
  type ErrorCode,
  type FrameV2,
  type Opening,
} from '../src/index.js';
import { anyText } from './arbitraries.js';
import { shown, utf8 } from './wire.js';

/** A frame; of a malformed one its number and the code of its error. */
export type PlainFrameV2 =
  | Exclude<FrameV2, { type: 'malformed' }>
  | { readonly type: 'malformed'; readonly n: number | 'unsafe' | undefined; readonly code: ErrorCode };

export const keepalive: PlainFrameV2 = { type: 'keepalive' };

export function message(n: number, text: string): PlainFrameV2 {
  return { type: 'message', n, text, bytes: utf8(text).length };
}

export function unsafe(text: string): PlainFrameV2 {
  return { type: 'unsafe', text, bytes: utf8(text).length };
}

export function ack(taken: number, received: number, window: number, sent: number): PlainFrameV2 {
  return { type: 'ack', standing: { taken, received, window, sent } };
}

export function end(code: EndCode, text: string, waitMs = 0): PlainFrameV2 {
  return { type: 'end', code, text, waitMs };
}

export function malformed(code: ErrorCode, n?: number | 'unsafe'): PlainFrameV2 {
  return { type: 'malformed', n, code };
}

/** What a decoder makes of these chunks; a string means its UTF-8. */
export function decode(chunks: readonly (string | Uint8Array)[], maxLineBytes = 1000): PlainFrameV2[] {
  const decoder = new DecoderV2(maxLineBytes);
  return chunks.flatMap((chunk) => pull(decoder, chunk));
}

/** Pushes one chunk and pulls the frames that are whole with it. */
export function pull(decoder: DecoderV2, chunk: string | Uint8Array): PlainFrameV2[] {
  // A transport may use its buffer again: what the decoder still needs it must have copied.
  const lent = typeof chunk === 'string' ? utf8(chunk) : chunk.slice();
  const frames: PlainFrameV2[] = [];
  decoder.push(lent);
  for (let frame = decoder.next(); frame !== undefined; frame = decoder.next()) frames.push(plain(frame));
  lent.fill(0x21);
  return frames;
}

function plain(frame: FrameV2): PlainFrameV2 {
  return frame.type === 'malformed' ? { type: 'malformed', n: frame.n, code: frame.error.code } : frame;
}

/** The line of a frame, as our ends write it. */
export function encoded(frame: PlainFrameV2): string {
  switch (frame.type) {
    case 'keepalive':
      return '\n';
    case 'opening':
      return openingLine(frame.opening);
    case 'message':
      return messageLine(frame.n, frame.text);
    case 'unsafe':
      return unsafeLine(frame.text);
    case 'ack':
      return ackLine(frame.standing);
    case 'end':
      return endLine(frame.code, frame.text, frame.waitMs);
    case 'malformed':
      throw new Error('no end writes a malformed line');
  }
}

const anyCount = fc.oneof(
  fc.integer({ min: 0, max: 300 }),
  fc.maxSafeNat(),
  fc.constantFrom(0, Number.MAX_SAFE_INTEGER),
);

const anyEpoch = fc
  .array(fc.integer({ min: 0, max: 15 }), { minLength: 1, maxLength: 32 })
  .map((digits) => digits.map((digit) => digit.toString(16)).join(''));

const anyOpening: fc.Arbitrary<Opening> = fc.record({
  epoch: anyEpoch,
  base: anyCount,
  known: fc.option(anyEpoch, { nil: undefined }),
  taken: anyCount,
  received: anyCount,
  window: anyCount,
  lineCost: anyCount,
  longest: anyCount,
  unacked: anyCount,
});

const anyCode = fc.constantFrom<EndCode>('closed', 'duplicate', 'refused', 'protocol', 'gap', 'busy');

/** Frames as one end may send them. */
export const anyFrameV2: fc.Arbitrary<PlainFrameV2> = fc.oneof(
  fc.constant(keepalive),
  anyOpening.map((opening): PlainFrameV2 => ({ type: 'opening', opening })),
  fc
    .tuple(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), anyText)
    .map(([n, text]) => message(n, text)),
  anyText.map(unsafe),
  fc.tuple(anyCount, anyCount, anyCount, anyCount).map((numbers) => ack(...numbers)),
  fc
    .tuple(anyCode, fc.string({ maxLength: 20 }), anyCount)
    .map(([code, text, waitMs]) => end(code, text.replaceAll('\n', ''), code === 'busy' ? waitMs : 0)),
);

/** The characters that begin and divide lines of version 2, often, and any other byte now and then. */
export const anyBytesV2 = fc
  .array(
    fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(...utf8('\n\n0129 +-!af')) },
      { weight: 1, arbitrary: fc.constantFrom(...utf8('é€\r\ufeff'), 0xff, 0x80) },
      { weight: 1, arbitrary: fc.integer({ min: 0, max: 255 }) },
    ),
    { maxLength: 80 },
  )
  .map((bytes) => Uint8Array.from(bytes));

/** The whole stream at once, from PROTOCOL-2.md sections 2, 3 and 5. */
export function modelDecode(stream: Uint8Array, maxLineBytes: number): PlainFrameV2[] {
  const longest = Math.max(maxLineBytes + 17, 256);
  const lines = shown(stream).split('\n');
  const unfinished = lines.pop() ?? '';
  const frames = lines.map((line) => modelFrame(line, maxLineBytes, longest));
  // A line that is too long is reported before its end has come.
  if (unfinished.length > longest) frames.push(modelFrame(unfinished, maxLineBytes, longest));
  return frames;
}

/** `line` holds one character a byte. */
function modelFrame(line: string, maxLineBytes: number, longest: number): PlainFrameV2 {
  if (line === '') return keepalive;
  const tooLong = line.length > longest;
  if (/^\d/.test(line)) {
    const [head, digits] = /^(\d{1,16}) /.exec(line) ?? [];
    const n = Number(digits);
    if (head === undefined || n === 0 || n > Number.MAX_SAFE_INTEGER) return malformed('ERR_BAD_FRAME');
    const text = line.slice(head.length);
    if (tooLong || text.length > maxLineBytes) return malformed('ERR_LINE_TOO_LONG', n);
    if (text === '') return malformed('ERR_BAD_FRAME', n);
    const read = fromUtf8(text);
    return read === undefined ? malformed('ERR_BAD_UTF8', n) : message(n, read);
  }
  if (line.startsWith(' ')) {
    const text = line.slice(1);
    if (tooLong || text.length > maxLineBytes) return malformed('ERR_LINE_TOO_LONG', 'unsafe');
    const read = fromUtf8(text);
    if (read === undefined) return malformed('ERR_BAD_UTF8', 'unsafe');
    return read === '' ? malformed('ERR_BAD_FRAME', 'unsafe') : unsafe(read);
  }
  if (tooLong) return malformed('ERR_LINE_TOO_LONG');
  return modelControl(fromUtf8(line) ?? '') ?? malformed('ERR_BAD_FRAME');
}

function modelControl(line: string): PlainFrameV2 | undefined {
  const numbers = (words: readonly string[]) =>
    words.every((word) => /^\d{1,16}$/.test(word) && Number(word) <= Number.MAX_SAFE_INTEGER)
      ? words.map(Number)
      : undefined;
  const standing = /^\+(\S+) (\S+) (\S+) (\S+)$/.exec(line);
  if (standing) {
    const read = numbers(standing.slice(1)) as [number, number, number, number] | undefined;
    return read && ack(...read);
  }
  const opening = /^-2 ([0-9a-f]{1,32}) (\d+) (-|[0-9a-f]{1,32}) (\d+) (\d+) (\d+) (\d+) (\d+) (\d+)$/.exec(
    line,
  );
  if (opening) {
    const [, epoch, base, known, ...rest] = opening as unknown as [
      string,
      string,
      string,
      string,
      ...string[],
    ];
    const read = numbers([base, ...rest]);
    if (read === undefined) return undefined;
    const [settled, taken, received, window, lineCost, longest, unacked] = read as Seven;
    const record = { known: known === '-' ? undefined : known, taken, received };
    return {
      type: 'opening',
      opening: { epoch, base: settled, ...record, window, lineCost, longest, unacked },
    };
  }
  const [, code, text = ''] = /^!(closed|duplicate|refused|protocol|gap|busy)(?: (.*))?$/s.exec(line) ?? [];
  if (code === undefined) return undefined;
  if (code !== 'busy') return end(code as EndCode, text);
  const [word = '', ...words] = text.split(' ');
  return end('busy', words.join(' '), numbers([word])?.[0] ?? 0);
}

type Seven = [number, number, number, number, number, number, number];

function fromUtf8(characters: string): string | undefined {
  const bytes = Buffer.from(characters, 'latin1');
  const text = bytes.toString('utf8');
  return utf8Length(text) === bytes.length && Buffer.from(text, 'utf8').equals(bytes) ? text : undefined;
}
