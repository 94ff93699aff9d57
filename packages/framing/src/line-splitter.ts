import { NEWLINE } from './frame.js';
import { decodeUtf8 } from './utf8.js';

/** A line as it came, without its newline. */
export interface RawLine {
  /** Undefined where it is not UTF-8, or went over the limit. */
  readonly text: string | undefined;
  /** In bytes; of a line that went over the limit, as far as it was read. */
  readonly length: number;
  /** False when it went over the limit. */
  readonly complete: boolean;
  /** Where there is no text, its first bytes. */
  readonly beginning: Uint8Array;
}

/**
 * Cuts a stream of bytes into lines, whatever the chunks: every split point is the same (PROTOCOL.md section 3, What the
 * originals get wrong and we must not: number 7).
 *
 * Theory of operation: a chunk is pushed, lines are pulled until there is none, and only then may the next chunk be
 * pushed. Short lines of one chunk are decoded together: where they turn out to be ASCII, text and bytes have the same
 * places, and a line is a slice of the text. The beginning of an unfinished line is copied, since the chunk is not ours
 * to keep. Nothing beyond `maxBytes` is ever kept: a line that grows past it is reported at once, and the rest of it is
 * skipped up to its newline.
 */
export class LineSplitter {
  readonly #maxBytes: number;
  #chunk: Uint8Array = EMPTY;
  #at = 0;
  /** The lines up to `#blockEnd` as text, which begins at `#blockStart` of the chunk; undefined where they are not ASCII. */
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

  /** True when a line has begun whose end has not come yet. */
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
    // A link may be idle for hours: it must not hold the buffer of its last read for that time.
    this.#chunk = EMPTY;
    this.#block = undefined;
    this.#at = this.#blockStart = this.#blockEnd = 0;
    return undefined;
  }

  /** What was pushed and not yet cut: the bytes after the last line. */
  rest(): Uint8Array {
    return this.#chunk.subarray(this.#at);
  }

  /** Decodes the whole lines that come next, if they are short and ASCII. */
  #readBlock(): void {
    const start = this.#at;
    const end = this.#chunk.lastIndexOf(NEWLINE, start + BLOCK - 1) + 1;
    this.#block = undefined;
    this.#blockStart = start;
    if (end <= start) {
      // A line that is longer than a block, or not whole, goes by itself.
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

  /** The chunk ends inside a line: copy the beginning, unless it is too long already. */
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

  /** The chunk has the end of the line. */
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

  /** The unfinished line with `more` after it, at most `limit` bytes; the splitter keeps nothing of it. */
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
/** Shared, so that a flood of keepalives makes no garbage. */
const EMPTY_LINE: RawLine = { text: '', length: 0, complete: true, beginning: EMPTY };
/** Enough of a line that is too long to read the id of its message, or its number in version 2. */
const PREFIX = 17;
/** Bytes that are decoded together: a line that the application keeps may keep the text of as many in memory. */
const BLOCK = 2048;
