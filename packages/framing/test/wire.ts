/** Bytes as tests write them, and frames in a form that `toEqual` can compare. */
import { Decoder, type ErrorCode, type Frame } from '../src/index.js';

/** A frame; of a malformed one its id and the code of its error. */
export type PlainFrame =
  | Exclude<Frame, { type: 'malformed' }>
  | { readonly type: 'malformed'; readonly id: number | undefined; readonly code: ErrorCode };

/** UTF-8 of a text. */
export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** One byte a character, for bytes that are not UTF-8: `latin1('01\xff\n')`. */
export function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** The characters of these bytes, one a byte. */
export function shown(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** `bytes` cut at these places. */
export function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const ends = [...new Set(places), bytes.length].sort((a, b) => a - b);
  return ends.map((end, i) => bytes.slice(i === 0 ? 0 : ends[i - 1], end));
}

/** What a decoder makes of these chunks; a string means its UTF-8. */
export function decode(chunks: readonly (string | Uint8Array)[], maxLineBytes = 1000): PlainFrame[] {
  const decoder = new Decoder(maxLineBytes);
  return chunks.flatMap((chunk) => pull(decoder, chunk));
}

/** Pushes one chunk and pulls the frames that are whole with it. */
export function pull(decoder: Decoder, chunk: string | Uint8Array): PlainFrame[] {
  // A transport may use its buffer again: what the decoder still needs it must have copied.
  const lent = typeof chunk === 'string' ? utf8(chunk) : chunk.slice();
  const frames: PlainFrame[] = [];
  decoder.push(lent);
  for (let frame = decoder.next(); frame !== undefined; frame = decoder.next()) frames.push(plain(frame));
  lent.fill(0x21);
  return frames;
}

function plain(frame: Frame): PlainFrame {
  return frame.type === 'malformed' ? { type: 'malformed', id: frame.id, code: frame.error.code } : frame;
}

export const keepalive: PlainFrame = { type: 'keepalive' };

export function ack(id: number): PlainFrame {
  return { type: 'ack', id };
}

export function message(id: number, text: string): PlainFrame {
  return { type: 'message', id, text, bytes: utf8(text).length };
}

export function malformed(code: ErrorCode, id?: number): PlainFrame {
  return { type: 'malformed', id, code };
}
