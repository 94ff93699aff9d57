import { PeerError } from '../errors.js';
import { LineSplitter, type RawLine } from '../line-splitter.js';
import { decodeUtf8 } from '../utf8.js';
import { END_CODES, MESSAGE_V2_OVERHEAD, OFFER, type EndCode, type FrameV2, type Opening } from './frame.js';

const PLUS = 0x2b;
const MINUS = 0x2d;
const SPACE = 0x20;
const BANG = 0x21;

/** Room for a line that is no message. */
const CONTROL_BYTES = 256;

type Broken = (FrameV2 & { type: 'malformed' })['n'];

const KEEPALIVE_FRAME: FrameV2 = { type: 'keepalive' };

/**
 * Turns what comes in on a link of version 2 into frames (PROTOCOL-2.md section 3), as `Decoder` does for version 1: push a
 * chunk, then pull frames until there is none.
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

  #frame({ bytes, complete }: RawLine): FrameV2 {
    const first = bytes[0];
    if (first === undefined) return KEEPALIVE_FRAME;
    if (isDigit(first)) return this.#message(bytes, complete);
    if (first === SPACE) return this.#unsafe(bytes, complete);
    if (!complete) return this.#tooLong(undefined);
    const text = decodeUtf8(bytes);
    if (text !== undefined) {
      if (first === PLUS) return ack(text);
      if (first === MINUS) return opening(text);
      if (first === BANG) return end(text);
    }
    return malformed(undefined, `a line begins with ${shown(bytes)}, which is no frame of version 2`);
  }

  #message(bytes: Uint8Array, complete: boolean): FrameV2 {
    let at = 0;
    let n = 0;
    while (at < 16 && isDigit(bytes[at])) n = n * 10 + (bytes[at++]! - 0x30);
    if (bytes[at] !== SPACE || !Number.isSafeInteger(n) || n === 0) {
      return malformed(undefined, `a line begins with ${shown(bytes)}, which is no number of a message`);
    }
    if (!complete || bytes.length - at - 1 > this.#maxLineBytes) return this.#tooLong(n);
    if (bytes.length === at + 1) return malformed(n, `message ${n} is empty`);
    const text = decodeUtf8(bytes.subarray(at + 1));
    if (text === undefined) return notUtf8(n, `message ${n}`);
    return { type: 'message', n, text, bytes: bytes.length - at - 1 };
  }

  #unsafe(bytes: Uint8Array, complete: boolean): FrameV2 {
    if (!complete || bytes.length - 1 > this.#maxLineBytes) return this.#tooLong('unsafe');
    if (bytes.length === 1) return malformed('unsafe', 'an unsafe message is empty');
    const text = decodeUtf8(bytes.subarray(1));
    if (text === undefined) return notUtf8('unsafe', 'an unsafe message');
    return { type: 'unsafe', text, bytes: bytes.length - 1 };
  }

  #tooLong(n: Broken): FrameV2 {
    const message = `a line is longer than maxLineBytes (${this.#maxLineBytes})`;
    return { type: 'malformed', n, error: new PeerError('ERR_LINE_TOO_LONG', message) };
  }
}

function ack(text: string): FrameV2 {
  const numbers = readNumbers(text.slice(1).split(' '), 4);
  if (numbers === undefined) return malformed(undefined, `${beginning(text)} is no ack`);
  const [taken, received, window, sent] = numbers as [number, number, number, number];
  return { type: 'ack', standing: { taken, received, window, sent } };
}

function opening(text: string): FrameV2 {
  const read = readOpening(text);
  return read === undefined
    ? malformed(undefined, `${beginning(text)} is no opening line`)
    : { type: 'opening', opening: read };
}

/** An opening line, without its newline; undefined when it is none. */
export function readOpening(text: string): Opening | undefined {
  const [offer, epoch = '', base = '', known = '', ...rest] = text.split(' ');
  const numbers = readNumbers([base, ...rest], 7);
  if (offer !== OFFER || !EPOCH.test(epoch) || !(known === '-' || EPOCH.test(known))) return undefined;
  if (numbers === undefined) return undefined;
  const [settled, taken, received, window, lineCost, longest, unacked] = numbers as Seven;
  return {
    epoch,
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
  if (!END_CODES.includes(code as EndCode)) return malformed(undefined, `${beginning(text)} is no end`);
  const [waitMs] = code === 'busy' ? (readNumbers([words.shift() ?? ''], 1) ?? [0]) : [0];
  return { type: 'end', code: code as EndCode, waitMs: waitMs!, text: words.join(' ') };
}

/** `count` numbers from 0 to 2^53 - 1, each of decimal digits only; undefined for anything else. */
function readNumbers(words: readonly string[], count: number): number[] | undefined {
  const numbers = words.map((word) => (/^\d{1,16}$/.test(word) ? Number(word) : NaN));
  return numbers.length === count && numbers.every(Number.isSafeInteger) ? numbers : undefined;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

function malformed(n: Broken, message: string): FrameV2 {
  return { type: 'malformed', n, error: new PeerError('ERR_BAD_FRAME', message) };
}

function notUtf8(n: Broken, what: string): FrameV2 {
  return { type: 'malformed', n, error: new PeerError('ERR_BAD_UTF8', `${what} is not UTF-8`) };
}

/** Safe to print, and short: a peer may send anything behind its first byte. */
function beginning(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}

/** The first bytes, safe to print. */
function shown(bytes: Uint8Array): string {
  return JSON.stringify(String.fromCharCode(...bytes.subarray(0, 8)));
}
