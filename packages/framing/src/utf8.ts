/**
 * Encodes and decodes UTF-8, with the `TextEncoder` and `TextDecoder` that every runtime has. Their types are declared
 * here because this package is compiled without the types of any runtime.
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
// ignoreBOM: true keeps a byte order mark in the text, since the text is the user's and must arrive unchanged.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The bytes of `text`. */
export function encodeUtf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/**
 * Writes `text` into `into` and returns the number of bytes. `into` must be large enough: 3 bytes for each UTF-16 unit
 * always are.
 */
export function encodeUtf8Into(text: string, into: Uint8Array): number {
  return encoder.encodeInto(text, into).written;
}

/** The text of `bytes`; undefined when they are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/** A copy of `part` that does not keep the larger text, of which `part` is a slice, in memory. */
export function ownText(part: string): string {
  return decoder.decode(encoder.encode(part));
}

/** The size of `text` in UTF-8. */
export function utf8Length(text: string): number {
  let length = text.length;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    // A surrogate pair takes four bytes: each half counts two.
    if (unit >= 0x80) length += unit < 0x800 || (unit >= 0xd800 && unit < 0xe000) ? 1 : 2;
  }
  return length;
}

/** True when `text` takes more than `limit` bytes. The text is encoded only when its length does not decide. */
export function isLongerThan(text: string, limit: number): boolean {
  if (text.length * 3 <= limit) return false;
  return text.length > limit || encoder.encode(text).length > limit;
}
