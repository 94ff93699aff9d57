/** Bytes kept of each entry: enough to identify the line. */
const BYTES_KEPT = 120;

interface Entry {
  readonly time: number;
  readonly who: string;
  readonly what: string;
  readonly bytes: Uint8Array | undefined;
}

/**
 * The latest events, one line each: `time who what`.
 *
 * The number of entries is limited, because a run has millions of events and the last few thousand are enough
 * to explain a failure. The text is made only on request, because nearly all runs pass and their traces are
 * not read.
 */
export class Trace {
  readonly #now: () => number;
  readonly #limit: number;
  readonly #ring: Entry[] = [];
  #next = 0;
  #total = 0;

  /** `now` gives the time of an entry; `limit` is the number of entries kept (default 2,000). */
  constructor(now: () => number, limit = 2_000) {
    if (!Number.isInteger(limit) || limit < 1) throw new RangeError(`a trace cannot hold ${limit} entries`);
    this.#now = now;
    this.#limit = limit;
  }

  /** Number of entries dropped because of the limit. */
  get dropped(): number {
    return this.#total - this.#ring.length;
  }

  /** Adds an entry. The bytes are copied. */
  log(who: string, what: string, bytes?: Uint8Array): void {
    this.#ring[this.#next] = { time: this.#now(), who, what, bytes: bytes?.slice(0, BYTES_KEPT) };
    this.#next = (this.#next + 1) % this.#limit;
    this.#total += 1;
  }

  toString(): string {
    const full = this.#ring.length === this.#limit;
    const ordered = full ? [...this.#ring.slice(this.#next), ...this.#ring.slice(0, this.#next)] : this.#ring;
    const lines = ordered.map(
      ({ time, who, what, bytes }) => `${time} ${who} ${what}${bytes ? ` "${escapeBytes(bytes)}"` : ''}`,
    );
    if (this.dropped > 0) lines.unshift(`(${this.dropped} earlier entries dropped)`);
    return lines.join('\n');
  }
}

/** Bytes as one readable line: ASCII unchanged, other bytes as `\n`, `\r` or `\xHH`. */
export function escapeBytes(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) {
    if (byte === 0x0a) text += '\\n';
    else if (byte === 0x0d) text += '\\r';
    else if (byte >= 0x20 && byte < 0x7f) text += String.fromCharCode(byte);
    else text += `\\x${byte.toString(16).padStart(2, '0')}`;
  }
  return text;
}
