/**
 * Finds out which version of the wire a link speaks, from the first bytes that come (PROTOCOL-2.md section 1). A client
 * that offers version 2 sends the line `-2` after its hello. A server that speaks version 2 answers with an opening
 * line, which begins with `-2 `. Keepalives may come before the answer. Anything else means version 1.
 */
import { OFFER } from '@iot/framing';

/** The result of the bytes that have come so far. */
export interface Decision {
  /** Keepalives: bytes that mean the same in both versions. */
  readonly neutral: Uint8Array;
  /** Undefined while the version is not known. */
  readonly version: 1 | 2 | undefined;
  /** The bytes that the dialect of this version must read. */
  readonly rest: Uint8Array;
}

const NEWLINE = 0x0a;
const END = 0x21;
const EMPTY = new Uint8Array(0);

/** Reads the beginning of a link, until the version is known. */
export class Negotiation {
  readonly #server: boolean;
  readonly #sign: Uint8Array;
  #held: Uint8Array = EMPTY;

  constructor(role: 'client' | 'server') {
    this.#server = role === 'server';
    this.#sign = Uint8Array.from(this.#server ? `${OFFER}\n` : `${OFFER} `, (each) => each.charCodeAt(0));
  }

  /** True when the first bytes of an answer (or an offer) have come: the rest must be waited for. */
  get begun(): boolean {
    return this.#held.length > 0;
  }

  push(chunk: Uint8Array): Decision {
    const bytes = join(this.#held, chunk);
    this.#held = EMPTY;
    let at = 0;
    // An offer must be the first bytes after the hello. An answer may come after keepalives.
    while (!this.#server && bytes[at] === NEWLINE) at += 1;
    const neutral = bytes.subarray(0, at);
    const begun = bytes.subarray(at);
    // A server that refuses a client sends an end (`!…`) in place of its opening line.
    if (!this.#server && begun[0] === END) return { neutral, version: 2, rest: begun };
    const compared = Math.min(begun.length, this.#sign.length);
    for (let i = 0; i < compared; i++) {
      if (begun[i] !== this.#sign[i]) return { neutral, version: 1, rest: begun };
    }
    if (compared < this.#sign.length) {
      this.#held = begun.slice();
      return { neutral, version: undefined, rest: EMPTY };
    }
    return { neutral, version: 2, rest: this.#server ? begun.subarray(compared) : begun };
  }
}

function join(one: Uint8Array, other: Uint8Array): Uint8Array {
  if (one.length === 0) return other;
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}
