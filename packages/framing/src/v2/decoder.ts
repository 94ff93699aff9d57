/**
 * The decoder of version 2 of the protocol: bytes of one link in, frames out. `line-splitter.ts` cuts the bytes into
 * lines; the first character of a line says which kind of frame it is.
 */
import { PeerError } from '../errors.js';
import { LineSplitter, type RawLine } from '../line-splitter.js';
import { ownText } from '../utf8.js';
import { END_CODES, MESSAGE_V2_OVERHEAD, OFFER, type EndCode, type FrameV2, type Opening } from './frame.js';

const SPACE = 0x20;

/** Longest line that is not a message, in bytes. */
const CONTROL_BYTES = 256;

type Broken = (FrameV2 & { type: 'malformed' })['n'];

const KEEPALIVE_FRAME: FrameV2 = { type: 'keepalive' };

/**
 * Turns the bytes received on one link of version 2 into frames (PROTOCOL-2.md section 3). It is used like `Decoder`:
 * call `push` with a chunk, then `next` until it returns undefined.
 */
export class DecoderV2 {
  readonly #lines: LineSplitter;
  readonly #maxLineBytes: number;

  constructor(maxLineBytes: number) {
    this.#maxLineBytes = maxLineBytes;
    this.#lines = new LineSplitter(Math.max(maxLineBytes + MESSAGE_V2_OVERHEAD - 1, CONTROL_BYTES));
  }

  push(chunk: Uint8Array): void {
    this.#lines.push(chunk);
  }

  next(): FrameV2 | undefined {
    const line = this.#lines.next();
    return line && this.#frame(line);
  }

  #frame(line: RawLine): FrameV2 {
    const { text, length, complete, beginning } = line;
    if (length === 0) return KEEPALIVE_FRAME;
    const start = text ?? String.fromCharCode(...beginning);
    if (isDigit(start.charCodeAt(0))) return this.#message(start, line);
    if (start.charCodeAt(0) === SPACE) return this.#unsafe(line);
    if (!complete) return this.#tooLong(undefined);
    if (text?.[0] === '+') return ack(text);
    if (text?.[0] === '-') return opening(text);
    if (text?.[0] === '!') return end(text);
    return malformed(undefined, `a line begins with ${shown(start)}, which is not a frame of version 2`);
  }

  #message(start: string, { text, length, complete }: RawLine): FrameV2 {
    let at = 0;
    let n = 0;
    for (let code = start.charCodeAt(0); at < 16 && isDigit(code); code = start.charCodeAt(++at)) {
      n = n * 10 + (code - ZERO);
    }
    if (start.charCodeAt(at) !== SPACE || !Number.isSafeInteger(n) || n === 0) {
      return malformed(undefined, `a line begins with ${shown(start)}, which is not the number of a message`);
    }
    const bytes = length - at - 1;
    if (!complete || bytes > this.#maxLineBytes) return this.#tooLong(n);
    if (bytes === 0) return malformed(n, `message ${n} is empty`);
    if (text === undefined) return notUtf8(n, `message ${n}`);
    return { type: 'message', n, text: text.slice(at + 1), bytes };
  }

  #unsafe({ text, length, complete }: RawLine): FrameV2 {
    const bytes = length - 1;
    if (!complete || bytes > this.#maxLineBytes) return this.#tooLong('unsafe');
    if (bytes === 0) return malformed('unsafe', 'an unsafe message is empty');
    if (text === undefined) return notUtf8('unsafe', 'an unsafe message');
    return { type: 'unsafe', text: text.slice(1), bytes };
  }

  #tooLong(n: Broken): FrameV2 {
    const message = `a line is longer than maxLineBytes (${this.#maxLineBytes})`;
    return { type: 'malformed', n, error: new PeerError('ERR_LINE_TOO_LONG', message) };
  }
}

function ack(text: string): FrameV2 {
  const reader = new NumberReader(text, 1);
  const standing = {
    taken: reader.next(SPACE),
    received: reader.next(SPACE),
    window: reader.next(SPACE),
    sent: reader.next(NaN),
  };
  return reader.failed
    ? malformed(undefined, `${beginning(text)} is not a valid ack`)
    : { type: 'ack', standing };
}

function opening(text: string): FrameV2 {
  const read = readOpening(text);
  return read === undefined
    ? malformed(undefined, `${beginning(text)} is not a valid opening line`)
    : { type: 'opening', opening: read };
}

/** Parses an opening line without its newline; undefined when `text` is not one. */
export function readOpening(text: string): Opening | undefined {
  const [offer, epoch = '', base = '', known = '', ...rest] = text.split(' ');
  const numbers = readNumbers([base, ...rest], 7);
  if (offer !== OFFER || !EPOCH.test(epoch) || !(known === '-' || EPOCH.test(known))) return undefined;
  if (numbers === undefined) return undefined;
  const [settled, taken, received, window, lineCost, longest, unacked] = numbers as Seven;
  return {
    epoch: ownText(epoch),
    base: settled,
    known: known === '-' ? undefined : known,
    taken,
    received,
    window,
    lineCost,
    longest,
    unacked,
  };
}

type Seven = [number, number, number, number, number, number, number];

const EPOCH = /^[0-9a-f]{1,32}$/;

function end(text: string): FrameV2 {
  const [code, ...words] = text.slice(1).split(' ');
  if (!END_CODES.includes(code as EndCode))
    return malformed(undefined, `${beginning(text)} is not a valid end`);
  const [waitMs] = code === 'busy' ? (readNumbers([words.shift() ?? ''], 1) ?? [0]) : [0];
  return { type: 'end', code: code as EndCode, waitMs: waitMs!, text: words.join(' ') };
}

/** Reads decimal numbers from a text, one after the other: each from 0 to 2^53 - 1, with at most 16 digits. */
class NumberReader {
  readonly #text: string;
  #at: number;
  #failed = false;

  constructor(text: string, at: number) {
    this.#text = text;
    this.#at = at;
  }

  /** True when something read was not a number of this form, or was followed by the wrong character. */
  get failed(): boolean {
    return this.#failed;
  }

  /** @param terminator code of the character that must follow the number; NaN for the end of the text */
  next(terminator: number): number {
    const start = this.#at;
    let number = 0;
    let code = this.#text.charCodeAt(this.#at);
    for (; isDigit(code); code = this.#text.charCodeAt(++this.#at)) number = number * 10 + (code - ZERO);
    const digits = this.#at - start;
    this.#at += 1;
    if (digits === 0 || digits > 16 || !Number.isSafeInteger(number) || !Object.is(code, terminator)) {
      this.#failed = true;
    }
    return number;
  }
}

/**
 * The words as numbers from 0 to 2^53 - 1; undefined unless there are `count` words and each is decimal digits only.
 */
function readNumbers(words: readonly string[], count: number): number[] | undefined {
  const readers = words.map((word) => new NumberReader(word, 0));
  const numbers = readers.map((reader) => reader.next(NaN));
  return words.length === count && readers.every(({ failed }) => !failed) ? numbers : undefined;
}

const ZERO = 0x30;

/** @param code a character code; NaN after the end of the text */
function isDigit(code: number): boolean {
  return code >= ZERO && code <= 0x39;
}

function malformed(n: Broken, message: string): FrameV2 {
  return { type: 'malformed', n, error: new PeerError('ERR_BAD_FRAME', message) };
}

function notUtf8(n: Broken, what: string): FrameV2 {
  return { type: 'malformed', n, error: new PeerError('ERR_BAD_UTF8', `${what} is not UTF-8`) };
}

/** The beginning of a line, quoted, escaped and shortened for an error message: a peer may send any characters. */
function beginning(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}

/** The first eight characters, quoted and escaped for an error message. */
function shown(line: string): string {
  return JSON.stringify(line.slice(0, 8));
}
