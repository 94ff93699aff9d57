import { NEWLINE } from './frame.js';
import { decodeUtf8 } from './utf8.js';

/** One line as it was received, without its newline. */
export interface RawLine {
  /** Undefined when the line is not UTF-8 or is longer than the limit. */
  readonly text: string | undefined;
  /** In bytes. For a line longer than the limit: the length of `beginning`. */
  readonly length: number;
  /** False when the line is longer than the limit. */
  readonly complete: boolean;
  /** The first bytes of the line, at least where `text` is undefined: a message id or number can be read from them. */
  readonly beginning: Uint8Array;
}

/**
 * Cuts a stream of bytes into lines. The result does not depend on where the stream is divided into chunks (PROTOCOL.md
 * section 3, What the originals get wrong and we must not: number 7).
 *
 * How it works: the caller pushes one chunk, then calls `next` until it returns undefined, and only then pushes the
 * next chunk. Short lines of one chunk are decoded together as one block. If the block is ASCII, byte offsets and
 * character offsets are the same, so each line is a slice of the decoded text. The beginning of an unfinished line is
 * copied, because the caller may reuse the chunk. At most `maxBytes` bytes of a line are kept: a line that grows longer
 * is reported at once, and the rest of it is skipped up to its newline.
 */
export class LineSplitter {
  readonly #maxBytes: number;
  #chunk: Uint8Array = EMPTY;
  #at = 0;
  /** The text of the chunk from `#blockStart` to `#blockEnd`; undefined when those bytes are not decoded as a block. */
  #block: string | undefined;
  #blockStart = 0;
  #blockEnd = 0;
  #partial: Uint8Array = EMPTY;
  #partialLength = 0;
  #skipping = false;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  push(chunk: Uint8Array): void {
    this.#chunk = chunk;
    this.#at = 0;
  }

  /** True when part of a line has come, without its newline. */
  get midLine(): boolean {
    return this.#skipping || this.#partialLength > 0;
  }

  next(): RawLine | undefined {
    while (this.#at < this.#chunk.length) {
      if (!this.midLine) {
        if (this.#chunk[this.#at] === NEWLINE) {
          this.#at += 1;
          return EMPTY_LINE;
        }
        if (this.#at >= this.#blockEnd) this.#readBlock();
        if (this.#block !== undefined) return this.#slice(this.#block);
      }
      const end = this.#chunk.indexOf(NEWLINE, this.#at);
      if (this.#skipping) {
        this.#skipping = end < 0;
        this.#at = end < 0 ? this.#chunk.length : end + 1;
        continue;
      }
      const line = end < 0 ? this.#keep() : this.#finish(end);
      if (line !== undefined) return line;
    }
    // A link may be idle for hours. Without this, it would keep the buffer of its last read in memory all that time.
    this.#chunk = EMPTY;
    this.#block = undefined;
    this.#at = this.#blockStart = this.#blockEnd = 0;
    return undefined;
  }

  /** The bytes of the chunk after the last line that `next` returned. */
  rest(): Uint8Array {
    return this.#chunk.subarray(this.#at);
  }

  /** Decodes the complete lines that come next as one block, if they are short and ASCII. */
  #readBlock(): void {
    const start = this.#at;
    const end = this.#chunk.lastIndexOf(NEWLINE, start + BLOCK - 1) + 1;
    this.#block = undefined;
    this.#blockStart = start;
    if (end <= start) {
      // A line that is longer than a block, or that is not complete, is decoded alone.
      const newline = this.#chunk.indexOf(NEWLINE, start);
      this.#blockEnd = newline < 0 ? this.#chunk.length : newline + 1;
      return;
    }
    this.#blockEnd = end;
    const text = decodeUtf8(this.#chunk.subarray(start, end));
    if (text?.length === end - start) this.#block = text;
  }

  #slice(block: string): RawLine {
    const from = this.#at - this.#blockStart;
    const to = block.indexOf('\n', from);
    this.#at = this.#blockStart + to + 1;
    if (this.#at >= this.#blockEnd) this.#block = undefined;
    const length = to - from;
    if (length > this.#maxBytes)
      return this.#tooLong(this.#chunk.subarray(this.#at - 1 - length, this.#at - 1));
    return { text: block.slice(from, to), length, complete: true, beginning: EMPTY };
  }

  /** The chunk ends inside a line: copies the beginning, or reports the line if it is already too long. */
  #keep(): RawLine | undefined {
    const more = this.#chunk.subarray(this.#at);
    this.#at = this.#chunk.length;
    const length = this.#partialLength + more.length;
    if (length > this.#maxBytes) {
      this.#skipping = true;
      return this.#tooLong(more);
    }
    if (length > this.#partial.length) {
      const buffer = new Uint8Array(Math.min(this.#maxBytes, Math.max(length, 2 * this.#partial.length)));
      buffer.set(this.#partial.subarray(0, this.#partialLength));
      this.#partial = buffer;
    }
    this.#partial.set(more, this.#partialLength);
    this.#partialLength = length;
    return undefined;
  }

  /** The chunk contains the end of the line. */
  #finish(end: number): RawLine {
    const tail = this.#chunk.subarray(this.#at, end);
    this.#at = end + 1;
    if (this.#partialLength + tail.length > this.#maxBytes) return this.#tooLong(tail);
    const bytes = this.#partialLength === 0 ? tail : this.#joined(tail, this.#maxBytes);
    const text = decodeUtf8(bytes);
    return { text, length: bytes.length, complete: true, beginning: bytes.subarray(0, PREFIX) };
  }

  #tooLong(more: Uint8Array): RawLine {
    const beginning = this.#joined(more, Math.min(this.#maxBytes, PREFIX));
    return { text: undefined, length: beginning.length, complete: false, beginning };
  }

  /** The kept beginning of the line followed by `more`, cut to `limit` bytes. The kept beginning is cleared. */
  #joined(more: Uint8Array, limit: number): Uint8Array {
    const head = this.#partial.subarray(0, Math.min(this.#partialLength, limit));
    const tail = more.subarray(0, limit - head.length);
    const line = new Uint8Array(head.length + tail.length);
    line.set(head);
    line.set(tail, head.length);
    this.#partial = EMPTY;
    this.#partialLength = 0;
    return line;
  }
}

const EMPTY = new Uint8Array(0);
/** One shared object, so that a flood of keepalives allocates nothing. */
const EMPTY_LINE: RawLine = { text: '', length: 0, complete: true, beginning: EMPTY };
/** Bytes kept of a line that is too long: enough to read its message id, or its number in version 2. */
const PREFIX = 17;
/**
 * Largest number of bytes decoded together. A line that the application keeps may keep the text of its whole block in
 * memory.
 */
const BLOCK = 2048;
