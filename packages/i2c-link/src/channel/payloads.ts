/** What both units of a channel agree on, whoever is speaking (docs/I2C.md, One exchange). */

/** Address under which the initiator answers on the bus. */
export const SLAVE_ADDRESS = 0x12;

/** Longest payload of one transfer; an original does not survive a longer one. */
export const MAX_TRANSFER_BYTES = 200;

/** Every payload is announced in a transfer of its own. */
export const SIZE_BYTES = 2;

/** What a unit says before its payload. */
export interface Size {
  /** Bytes of the payload that follows; 0 when none does. */
  readonly length: number;
  /** "I still hold data of yours that my application has not read: send me none." */
  readonly holdOff: boolean;
}

const HOLD_OFF_BIT = 0x80;

export function encodeSize({ length, holdOff }: Size): Uint8Array {
  return new Uint8Array([length & 0xff, (length >> 8) | (holdOff ? HOLD_OFF_BIT : 0)]);
}

/** Reads the two bytes of a size, whatever length they say. */
export function decodeSize(bytes: Uint8Array): Size {
  const [low = 0, high = 0] = bytes;
  return { length: low | ((high & ~HOLD_OFF_BIT) << 8), holdOff: (high & HOLD_OFF_BIT) !== 0 };
}

/**
 * Cuts what was written into the payloads that carry it. A cut falls between two UTF-8 characters, since an original
 * decodes each payload by itself; bytes that are not UTF-8 are cut where the transfer is full.
 */
export function cut(bytes: Uint8Array): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let start = 0; start < bytes.length;) {
    const end = start + fittingBytes(bytes.subarray(start));
    pieces.push(bytes.subarray(start, end));
    start = end;
  }
  return pieces;
}

/** Bytes of the longest character in UTF-8. */
const MAX_CHARACTER_BYTES = 4;

/** How many of these bytes the next transfer takes. */
function fittingBytes(bytes: Uint8Array): number {
  if (bytes.length <= MAX_TRANSFER_BYTES) return bytes.length;
  for (let back = 0; back < MAX_CHARACTER_BYTES; back++) {
    const end = MAX_TRANSFER_BYTES - back;
    if (isContinuation(bytes[end]!)) continue;
    // A character that begins here and ends before the cut explains no continuation after it.
    return characterBytes(bytes[end]!) > back ? end : MAX_TRANSFER_BYTES;
  }
  return MAX_TRANSFER_BYTES;
}

function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}

/** Bytes of the character that begins with this one; 1 for a byte that begins none. */
function characterBytes(lead: number): number {
  if (lead >= 0xf8) return 1;
  if (lead >= 0xf0) return 4;
  if (lead >= 0xe0) return 3;
  return lead >= 0xc0 ? 2 : 1;
}

/**
 * What was written and is not taken: payloads in order. Two writes never share one, so that the other unit, which holds
 * off after each payload until it is read, holds at most one line at a time.
 */
export class Outbox {
  #payloads: Uint8Array[] = [];
  #bytes = 0;

  /** Bytes that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Queues bytes, which stay unchanged. */
  add(bytes: Uint8Array): void {
    this.#payloads.push(...cut(bytes));
    this.#bytes += bytes.length;
  }

  /** The payload to send now. */
  peek(): Uint8Array | undefined {
    return this.#payloads[0];
  }

  /** The other unit has taken that payload; its length. */
  taken(): number {
    const length = this.#payloads.shift()?.length ?? 0;
    this.#bytes -= length;
    return length;
  }

  clear(): void {
    this.#payloads = [];
    this.#bytes = 0;
  }
}
