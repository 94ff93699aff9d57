/**
 * UTF-8 both ways. The coders are the web standard's, which every runtime has; they are declared here because the
 * pure packages see the types of no runtime.
 */
interface Encoder {
  encode(text: string): Uint8Array;
  encodeInto(text: string, into: Uint8Array): { written: number };
}
interface Decoder {
  decode(bytes: Uint8Array): string;
}
declare const TextEncoder: new () => Encoder;
declare const TextDecoder: new (label: string, options: { fatal: boolean; ignoreBOM: boolean }) => Decoder;

const encoder = new TextEncoder();
// ignoreBOM keeps a byte order mark: the payload is the user's, to the last byte.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Bytes of `text`. */
export function encodeUtf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Writes `text` into `into`, which must be large enough (3 bytes a UTF-16 unit always are). */
export function encodeUtf8Into(text: string, into: Uint8Array): number {
  return encoder.encodeInto(text, into).written;
}

/** Text of `bytes`; undefined when they are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/** The same text in memory of its own: a part of a text keeps the whole of it. */
export function ownText(part: string): string {
  return decoder.decode(encoder.encode(part));
}

/** How many bytes `text` takes. */
export function utf8Length(text: string): number {
  let length = text.length;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    // Of a surrogate pair each half counts two.
    if (unit >= 0x80) length += unit < 0x800 || (unit >= 0xd800 && unit < 0xe000) ? 1 : 2;
  }
  return length;
}

/** True when `text` takes more than `limit` bytes; encodes only when its length leaves that open. */
export function isLongerThan(text: string, limit: number): boolean {
  if (text.length * 3 <= limit) return false;
  return text.length > limit || encoder.encode(text).length > limit;
}
