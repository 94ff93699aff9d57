/** Whatever comes, a reader throws nothing that is not its error, and what it reads does not depend on the pieces in which it comes. */
import { fuzz } from '@iot/vitest-config/fuzz';
import { expect, it } from 'vitest';
import { HelloReader, PeerError } from '../src/index.js';
import { decode as decodeV2 } from './v2-wire.js';
import { decode } from './wire.js';

const MAX_LINE_BYTES = 60;
const WORDS = [
  '\n',
  '\r\n',
  '00',
  'ff',
  '-2',
  '-2 ',
  '+',
  '!closed ',
  '9007199254740993 ',
  '1 ',
  '\0',
  'é',
  '\ufeff',
];

function corpus(name: string): URL {
  return new URL(`corpus/${name}/`, import.meta.url);
}

/** In pieces of this number of bytes. */
function pieces(bytes: Buffer, size: number): Uint8Array[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
    Uint8Array.from(bytes.subarray(at * size, (at + 1) * size)),
  );
}

it.each([
  ['v1', decode],
  ['v2', decodeV2],
] as const)('the decoder of %s', async (name, decoded) => {
  await fuzz({ corpus: corpus(name), words: WORDS }, (bytes) => {
    const frames = decoded(pieces(bytes, 10_000), MAX_LINE_BYTES);
    for (const size of [1, 2, 7]) expect(decoded(pieces(bytes, size), MAX_LINE_BYTES)).toEqual(frames);
    for (const frame of frames) {
      if (!('text' in frame)) continue;
      expect(frame.text.isWellFormed() && !frame.text.includes('\n')).toBe(true);
      if ('bytes' in frame) expect(frame.bytes).toBeLessThanOrEqual(MAX_LINE_BYTES);
    }
  });
});

it('the reader of a hello', async () => {
  await fuzz({ corpus: corpus('hello'), words: WORDS }, (bytes) => {
    const all = hello(pieces(bytes, 10_000));
    for (const size of [1, 2, 7]) {
      const { id, rest } = hello(pieces(bytes, size));
      expect(id).toEqual(all.id);
      // What came with the last piece that was needed; the rest is still to come.
      expect(all.rest.subarray(0, rest.length)).toEqual(rest);
    }
  });
});

/** What is read, or the code of the error. */
function hello(chunks: readonly Uint8Array[]): {
  readonly id: string | undefined;
  readonly rest: Uint8Array;
} {
  const reader = new HelloReader(20);
  const none = new Uint8Array();
  try {
    for (const chunk of chunks) {
      const read = reader.push(chunk);
      if (read !== undefined) return { id: `id ${read.id}`, rest: Uint8Array.from(read.rest) };
    }
  } catch (error) {
    expect(error).toBeInstanceOf(PeerError);
    return { id: (error as PeerError).code, rest: none };
  }
  return { id: undefined, rest: none };
}
