import { NEWLINE } from './frame.js';

/** A line as it came, without its newline; `complete` is false when it went over the limit (`bytes` is its beginning). */
export interface RawLine {
  readonly bytes: Uint8Array;
  readonly complete: boolean;
}

/**
 * Cuts a stream of bytes into lines, whatever the chunks: every split point is the same (PROTOCOL.md section 3, bug 7).
 *
 * Theory of operation: a chunk is pushed, lines are pulled until there is none, and only then may the next chunk be
 * pushed. A line that lies in one chunk is a view of that chunk; the beginning of an unfinished one is copied, since
 * the chunk is not ours to keep. Nothing beyond `maxBytes` is ever kept: a line that grows past it is reported at
 * once, and the rest of it is skipped up to its newline.
 */
export class LineSplitter {
  readonly #maxBytes: number;
  #chunk: Uint8Array = EMPTY;
  #at = 0;
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
      if (this.#chunk[this.#at] === NEWLINE && !this.midLine) {
        this.#at += 1;
        return EMPTY_LINE;
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
    this.#at = 0;
    return undefined;
  }

  /** What was pushed and not yet cut: the bytes behind the last line. */
  rest(): Uint8Array {
    return this.#chunk.subarray(this.#at);
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
      const room = new Uint8Array(Math.min(this.#maxBytes, Math.max(length, 2 * this.#partial.length)));
      room.set(this.#partial.subarray(0, this.#partialLength));
      this.#partial = room;
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
    if (this.#partialLength === 0) return { bytes: tail, complete: true };
    return { bytes: this.#joined(tail, this.#maxBytes), complete: true };
  }

  #tooLong(more: Uint8Array): RawLine {
    return { bytes: this.#joined(more, Math.min(this.#maxBytes, PREFIX)), complete: false };
  }

  /** The unfinished line with `more` behind it, at most `limit` bytes; the splitter keeps nothing of it. */
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
const EMPTY_LINE: RawLine = { bytes: EMPTY, complete: true };
/** Enough of a line that is too long to read the id of its message, or its number in version 2. */
const PREFIX = 17;
