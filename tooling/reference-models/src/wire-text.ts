const encoder = new TextEncoder();
/** As strict as Python's decoder: invalid UTF-8 is an error, and a byte order mark is a character. */
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export const NEWLINE = 0x0a;

export const KEEPALIVE = encoder.encode('\n');

/** Encodes a hello, or any other line without an id. */
export function encodeLine(text: string): Uint8Array {
  return encoder.encode(text.endsWith('\n') ? text : `${text}\n`);
}

export function encodeAck(id: number): Uint8Array {
  return encoder.encode(`${hex(id)}\n`);
}

/** Encodes a message. An empty payload gives the bytes of an ack, as in the originals (mistake 8 in docs/PROTOCOL.md). */
export function encodeMessage(id: number, line: string): Uint8Array {
  return encodeLine(hex(id) + line);
}

/** The text, or `undefined` where Python's `decode` throws. */
export function decodeText(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/** The id that the line begins with, or `undefined` where Python's `int(line[0:2], 16)` throws. */
export function idOf(line: string): number | undefined {
  const digits = line.slice(0, 2);
  // Python also parses '-2' as a number. No message has this id.
  return /^[-0-9a-f][0-9a-f]$/i.test(digits) ? parseInt(digits, 16) : undefined;
}

/** The id of a line that is not decoded yet. */
export function idOfBytes(line: Uint8Array): number | undefined {
  return idOf(String.fromCharCode(...line.subarray(0, 2)));
}

export function joinBytes(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length === 0) return b;
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

function hex(id: number): string {
  return id.toString(16).padStart(2, '0');
}
