import { PeerError } from './errors.js';
import { MESSAGE_OVERHEAD, type Frame } from './frame.js';
import { LineSplitter, type RawLine } from './line-splitter.js';
import { OFFER } from './v2/frame.js';

/**
 * Turns what comes in on one link into frames (PROTOCOL.md section 1). Its state belongs to one TCP connection: make a
 * new one for each, so that half a line left from a dead one is thrown away.
 *
 * Push a chunk, then pull frames until there is none. A malformed line is a frame too; what follows it can still be
 * read, and whether the link goes on is not decided here.
 */
export class Decoder {
  readonly #lines: LineSplitter;
  readonly #maxLineBytes: number;

  constructor(maxLineBytes: number) {
    this.#maxLineBytes = maxLineBytes;
    this.#lines = new LineSplitter(maxLineBytes + MESSAGE_OVERHEAD - 1);
  }

  push(chunk: Uint8Array): void {
    this.#lines.push(chunk);
  }

  /** True when a line has begun whose end has not come yet. */
  get midLine(): boolean {
    return this.#lines.midLine;
  }

  next(): Frame | undefined {
    const line = this.#lines.next();
    return line && this.#frame(line);
  }

  #frame({ text, length, complete, beginning }: RawLine): Frame {
    if (length === 0) return KEEPALIVE_FRAME;
    const start = text ?? String.fromCharCode(...beginning);
    const id = readId(start);
    if (!complete) {
      return malformed(id, 'ERR_LINE_TOO_LONG', `a line is longer than maxLineBytes (${this.#maxLineBytes})`);
    }
    if (length === 1) return malformed(undefined, 'ERR_BAD_FRAME', 'a line of one character is no frame');
    if (id === undefined) {
      if (isVersion2(start)) return { type: 'version-2', opening: length > OFFER.length };
      const what = `a line begins with ${shown(start)}, which is not a message id`;
      return malformed(undefined, 'ERR_BAD_FRAME', what);
    }
    if (length === 2) return { type: 'ack', id };
    if (text === undefined) return malformed(id, 'ERR_BAD_UTF8', `message ${shown(start)} is not UTF-8`);
    return { type: 'message', id, text: text.slice(2), bytes: length - 2 };
  }
}

/** A peer that speaks version 2 too: a client's offer, or a server's opening line that comes late (PROTOCOL-2.md section 1). */
function isVersion2(line: string): boolean {
  return line === OFFER || line.startsWith(`${OFFER} `);
}

const KEEPALIVE_FRAME: Frame = { type: 'keepalive' };

function malformed(
  id: number | undefined,
  code: 'ERR_BAD_FRAME' | 'ERR_BAD_UTF8' | 'ERR_LINE_TOO_LONG',
  message: string,
): Frame {
  return { type: 'malformed', id, error: new PeerError(code, message) };
}

function readId(line: string): number | undefined {
  const high = hexDigit(line.charCodeAt(0));
  const low = hexDigit(line.charCodeAt(1));
  return high === undefined || low === undefined ? undefined : high * 16 + low;
}

/** @param code of a character; NaN where there is none */
function hexDigit(code: number): number | undefined {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20; // either case is read
  return code < 0x80 && letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : undefined;
}

/** The first two characters, safe to print. */
function shown(line: string): string {
  return JSON.stringify(line.slice(0, 2));
}
