import fc from 'fast-check';
import { expect, it } from 'vitest';
import { LineSplitter } from '../src/index.js';
import { anyCuts } from './arbitraries.js';
import { concat, cut, latin1 } from './wire.js';

const MAX_BYTES = 3000;

/** Longer and shorter than what is decoded together, of ASCII and not; some are no text. */
const anyLine = fc
  .tuple(
    fc.oneof(fc.nat({ max: 60 }), fc.constantFrom(0, 2046, 2047, 2048, 2049, MAX_BYTES, MAX_BYTES + 1)),
    fc.constantFrom('', '', '', 'é', '€', '\xff'),
  )
  .map(([length, end]) => {
    const bytes = new TextEncoder().encode(end);
    const rest = new Uint8Array(Math.max(0, length - bytes.length)).fill(0x78);
    return concat([rest, end === '\xff' ? latin1(end) : bytes]);
  });

/** What is expected of a line that came whole. */
function expected(line: Uint8Array): string | undefined {
  if (line.length > MAX_BYTES) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(line);
  } catch {
    return undefined;
  }
}

it('the lines are the same however they come together', () => {
  fc.assert(
    fc.property(fc.array(anyLine, { maxLength: 120 }), anyCuts(30_000), (lines, cuts) => {
      const stream = concat(lines.flatMap((line) => [line, latin1('\n')]));
      const splitter = new LineSplitter(MAX_BYTES);
      const read = [];
      for (const chunk of cut(stream, cuts)) {
        splitter.push(chunk);
        for (let line = splitter.next(); line !== undefined; line = splitter.next()) read.push(line);
      }
      expect(read.map(({ text }) => text)).toEqual(lines.map(expected));
      expect(read.map(({ complete }) => complete)).toEqual(lines.map(({ length }) => length <= MAX_BYTES));
      const whole = read.filter(({ complete }) => complete);
      expect(whole.map(({ length }) => length)).toEqual(
        lines.filter(({ length }) => length <= MAX_BYTES).map(({ length }) => length),
      );
    }),
  );
});

it('gives the first bytes of a line that is not text', () => {
  const splitter = new LineSplitter(MAX_BYTES);
  splitter.push(latin1('12 \xff\n'));
  expect(splitter.next()).toEqual({
    text: undefined,
    length: 4,
    complete: true,
    beginning: latin1('12 \xff'),
  });
});
