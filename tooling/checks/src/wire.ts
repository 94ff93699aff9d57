/** The bytes that a protocol's document writes so: `05\xc3\n`. */
export function bytes(written: string): Buffer {
  const text = written.replace(/\\x(..)|\\([nr])/g, (_, hex: string | undefined, letter: string) =>
    hex === undefined ? { n: '\n', r: '\r' }[letter]! : String.fromCharCode(parseInt(hex, 16)),
  );
  return Buffer.from(text, 'latin1');
}
