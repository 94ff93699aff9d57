/**
 * The format of the transfers of a channel, which is the same in both directions (docs/I2C.md, One exchange): the size,
 * the cutting of written bytes into payloads, and the queue of the payloads that wait to be sent.
 */

/** I2C address of the initiator. */
export const SLAVE_ADDRESS = 0x12;

/** Longest payload of one transfer. A longer one makes a MicroPython original fail. */
export const MAX_TRANSFER_BYTES = 200;

/** Length of the transfer that announces a payload. */
export const SIZE_BYTES = 2;

/** The size: the first transfer of each direction in an exchange. */
export interface Size {
  /** Length of the payload that follows in bytes; 0 for no payload. */
  readonly length: number;
  /** True when the sender of this size has unread data: the other unit must not send a payload. */
  readonly holdOff: boolean;
}

const HOLD_OFF_BIT = 0x80;

export function encodeSize({ length, holdOff }: Size): Uint8Array {
  return new Uint8Array([length & 0xff, (length >> 8) | (holdOff ? HOLD_OFF_BIT : 0)]);
}

/** Decodes the two bytes of a size. The length may be more than `MAX_TRANSFER_BYTES`: the caller checks it. */
export function decodeSize(bytes: Uint8Array): Size {
  const [low = 0, high = 0] = bytes;
  return { length: low | ((high & ~HOLD_OFF_BIT) << 8), holdOff: (high & HOLD_OFF_BIT) !== 0 };
}

/**
 * Cuts the bytes of one write into payloads. It cuts between two UTF-8 characters, because a MicroPython original decodes
 * each payload by itself. Bytes that are not UTF-8 are cut after `MAX_TRANSFER_BYTES`.
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

/** Length of the longest UTF-8 character in bytes. */
const MAX_CHARACTER_BYTES = 4;

/** The number of these bytes that go into the next payload. */
function fittingBytes(bytes: Uint8Array): number {
  if (bytes.length <= MAX_TRANSFER_BYTES) return bytes.length;
  for (let back = 0; back < MAX_CHARACTER_BYTES; back++) {
    const end = MAX_TRANSFER_BYTES - back;
    if (isContinuation(bytes[end]!)) continue;
    // Cut before the character that begins at `end`, if it extends past the limit. Otherwise this is not UTF-8.
    return characterBytes(bytes[end]!) > back ? end : MAX_TRANSFER_BYTES;
  }
  return MAX_TRANSFER_BYTES;
}

function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}

/** Length of the character that begins with this byte; 1 for a byte that cannot begin a character. */
function characterBytes(lead: number): number {
  if (lead >= 0xf8) return 1;
  if (lead >= 0xf0) return 4;
  if (lead >= 0xe0) return 3;
  return lead >= 0xc0 ? 2 : 1;
}

/**
 * The payloads that the other unit has not received yet, in order. A payload never has bytes of two writes. The other unit
 * sends the hold-off bit until its application has read a payload, so it never has more than one unread line.
 */
export class Outbox {
  #payloads: Uint8Array[] = [];
  #bytes = 0;

  /** Number of bytes in the queue. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Queues the bytes of one write. The caller must not change them afterwards. */
  add(bytes: Uint8Array): void {
    this.#payloads.push(...cut(bytes));
    this.#bytes += bytes.length;
  }

  /** The payload to send next; it stays in the queue. */
  peek(): Uint8Array | undefined {
    return this.#payloads[0];
  }

  /** The other unit has received the first payload: removes it and returns its length. */
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
