import { PeerError } from './errors.js';
import { MESSAGE_OVERHEAD, type Frame } from './frame.js';
import { LineSplitter, type RawLine } from './line-splitter.js';
import { decodeUtf8, encodeUtf8 } from './utf8.js';
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

  #frame({ bytes, complete }: RawLine): Frame {
    if (bytes.length === 0) return KEEPALIVE_FRAME;
    const id = readId(bytes);
    if (!complete) {
      return malformed(id, 'ERR_LINE_TOO_LONG', `a line is longer than maxLineBytes (${this.#maxLineBytes})`);
    }
    if (bytes.length === 1)
      return malformed(undefined, 'ERR_BAD_FRAME', 'a line of one character is no frame');
    if (id === undefined) {
      if (isVersion2(bytes)) return { type: 'version-2', opening: bytes.length > OFFER.length };
      return malformed(
        undefined,
        'ERR_BAD_FRAME',
        `a line begins with ${shown(bytes)}, which is no message id`,
      );
    }
    if (bytes.length === 2) return { type: 'ack', id };
    const text = decodeUtf8(bytes.subarray(2));
    if (text === undefined) return malformed(id, 'ERR_BAD_UTF8', `message ${shown(bytes)} is not UTF-8`);
    return { type: 'message', id, text, bytes: bytes.length - 2 };
  }
}

/** A peer that speaks version 2 too: a client's offer, or a server's opening line that comes late (PROTOCOL-2.md section 1). */
function isVersion2(bytes: Uint8Array): boolean {
  return OFFER_BYTES.every((byte, at) => bytes[at] === byte) && (bytes[OFFER.length] ?? SPACE) === SPACE;
}

const OFFER_BYTES = encodeUtf8(OFFER);
const SPACE = 0x20;

const KEEPALIVE_FRAME: Frame = { type: 'keepalive' };

function malformed(
  id: number | undefined,
  code: 'ERR_BAD_FRAME' | 'ERR_BAD_UTF8' | 'ERR_LINE_TOO_LONG',
  message: string,
): Frame {
  return { type: 'malformed', id, error: new PeerError(code, message) };
}

function readId(bytes: Uint8Array): number | undefined {
  const high = hexDigit(bytes[0]);
  const low = hexDigit(bytes[1]);
  return high === undefined || low === undefined ? undefined : high * 16 + low;
}

function hexDigit(byte: number | undefined): number | undefined {
  if (byte === undefined) return undefined;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20; // either case is read
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : undefined;
}

/** The first two bytes, safe to print. */
function shown(bytes: Uint8Array): string {
  return JSON.stringify(String.fromCharCode(...bytes.subarray(0, 2)));
}
