/** Converts the notation of the protocol documents, such as `05\xc3\n`, to bytes. */
export function bytes(written: string): Buffer {
  const text = written.replace(/\\x(..)|\\([nr])/g, (_, hex: string | undefined, letter: string) =>
    hex === undefined ? { n: '\n', r: '\r' }[letter]! : String.fromCharCode(parseInt(hex, 16)),
  );
  return Buffer.from(text, 'latin1');
}
