/** The frames of version 1 of the protocol as bytes (PROTOCOL.md section 1). `decoder.ts` reads them. */
import { MESSAGE_OVERHEAD, NEWLINE } from './frame.js';
import { encodeUtf8, encodeUtf8Into } from './utf8.js';
import { OFFER_LINE } from './v2/encode.js';

const HEX = Uint8Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0));

/**
 * The hello: the first line of a client, its id (PROTOCOL.md section 1).
 *
 * @param offer adds the offer of version 2 after the id (PROTOCOL-2.md section 1). Send both in one TCP segment.
 */
export function encodeHello(id: string, offer = false): Uint8Array {
  return encodeUtf8(offer ? `${id}\n${OFFER_LINE}` : `${id}\n`);
}

/** The keepalive: an empty line. */
export const KEEPALIVE: Uint8Array = Uint8Array.of(NEWLINE);

const ACKS = Array.from({ length: 256 }, (_, id) => {
  const frame = Uint8Array.of(0, 0, NEWLINE);
  setMessageId(frame, id);
  return frame;
});

/** The ack of the message with this id. The array is shared between calls: do not change it. */
export function encodeAck(id: number): Uint8Array {
  const frame = ACKS[id];
  if (frame === undefined) throw new RangeError(`message id ${id} is not in 0..255`);
  return frame;
}

/** The frame of a message. `text` must have passed `checkLine` and must not be empty. */
export function encodeMessage(id: number, text: string): Uint8Array {
  // The buffer is large enough for the worst case, so the text is encoded in one pass. A frame may be kept long, until
  // its ack comes, so a buffer more than twice its size is replaced by a copy.
  const buffer = new Uint8Array(text.length * 3 + MESSAGE_OVERHEAD);
  const written = encodeUtf8Into(text, buffer.subarray(2));
  buffer[2 + written] = NEWLINE;
  const frame =
    buffer.length > 2 * written + 64
      ? buffer.slice(0, written + MESSAGE_OVERHEAD)
      : buffer.subarray(0, written + MESSAGE_OVERHEAD);
  setMessageId(frame, id);
  return frame;
}

/** Writes `id` as two lower-case hex digits at the beginning of a message's frame. */
export function setMessageId(frame: Uint8Array, id: number): void {
  frame[0] = HEX[id >> 4]!;
  frame[1] = HEX[id & 15]!;
}
