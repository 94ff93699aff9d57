/**
 * The decoder of version 1 of the protocol: bytes of one link in, frames out. `line-splitter.ts` cuts the bytes into
 * lines.
 */
import { PeerError } from './errors.js';
import { MESSAGE_OVERHEAD, type Frame } from './frame.js';
import { LineSplitter, type RawLine } from './line-splitter.js';
import { OFFER } from './v2/frame.js';

/**
 * Turns the bytes received on one link into frames (PROTOCOL.md section 1). Make a new decoder for each TCP connection:
 * half a line left from a dead connection must not be joined to the next one.
 *
 * Call `push` with a chunk, then `next` until it returns undefined. A malformed line is returned as a frame too, and
 * decoding continues with the next line. The caller decides whether the link goes on.
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

  /** True when part of a line has come, without its newline. */
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

/**
 * True for a client's offer of version 2, and for a server's opening line that comes after the client has chosen
 * version 1 (PROTOCOL-2.md section 1).
 */
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

/** @param code a character code; NaN after the end of the text */
function hexDigit(code: number): number | undefined {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20; // upper and lower case are accepted
  return code < 0x80 && letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : undefined;
}

/** The first two characters, quoted and escaped for an error message. */
function shown(line: string): string {
  return JSON.stringify(line.slice(0, 2));
}
