/** Bytes as tests write them: printable text in quotes, all else in hexadecimal. */
export function shown(bytes: Uint8Array): string {
  if (bytes.length > 24) return `${bytes.length} bytes`;
  const text = new TextDecoder().decode(bytes);
  if (/^[ -~]+$/.test(text)) return JSON.stringify(text);
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
}

/** The bytes that are shown so. */
export function parsed(text: string): Uint8Array {
  if (text.startsWith('"')) return utf8(JSON.parse(text) as string);
  return Uint8Array.from(text.split(' '), (byte) => Number.parseInt(byte, 16));
}

export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function joined(pieces: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(pieces.flatMap((piece) => [...piece]));
}
