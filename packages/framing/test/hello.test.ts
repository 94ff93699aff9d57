import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeHello, HelloReader, PeerError, type Hello } from '../src/index.js';
import { anyBytes, anyCuts, anyText } from './arbitraries.js';
import { concat, cut, latin1, shown, utf8 } from './wire.js';

/** The id, and what came after it, once these chunks make a hello. */
function read(
  chunks: readonly (string | Uint8Array)[],
  maxIdBytes = 256,
): { id: string; rest: string } | undefined {
  const reader = new HelloReader(maxIdBytes);
  for (const [i, chunk] of chunks.entries()) {
    const hello = reader.push(typeof chunk === 'string' ? utf8(chunk) : chunk.slice());
    if (hello === undefined) continue;
    expect(i, 'the hello came with the last chunk').toBe(chunks.length - 1);
    return { id: hello.id, rest: shown(hello.rest) };
  }
  return undefined;
}

function refusal(chunks: readonly (string | Uint8Array)[], maxIdBytes?: number): unknown {
  try {
    return read(chunks, maxIdBytes);
  } catch (error) {
    expect(error).toBeInstanceOf(PeerError);
    return error instanceof PeerError ? `${error.code}: ${error.message}` : error;
  }
}

describe('HelloReader', () => {
  it('reads the first line as the id', () => {
    expect(read(['1\n'])).toEqual({ id: '1', rest: '' });
  });

  it('reads an id that comes in pieces', () => {
    expect(read(['q', 'o', 's', '\n'])).toEqual({ id: 'qos', rest: '' });
    expect(read([latin1('caf\xc3'), latin1('\xa9\n')])).toEqual({ id: 'café', rest: '' });
  });

  it('waits for the end of the line', () => {
    expect(read([])).toBeUndefined();
    expect(read(['', 'board 1'])).toBeUndefined();
  });

  it('leaves the frames that come in the same segment to the decoder', () => {
    expect(read(['1\n\n00hi\n01ha'])).toEqual({ id: '1', rest: '\n00hi\n01ha' });
    expect(read(['1', '\n00hi\n'])).toEqual({ id: '1', rest: '00hi\n' });
  });

  it('leaves bytes that are not text to the decoder', () => {
    expect(read([latin1('1\n01\xff\n')])).toEqual({ id: '1', rest: '01\xff\n' });
  });

  it('gives control characters and a byte order mark back as they are: who may come in is decided elsewhere', () => {
    expect(read(['board\r\n'])).toEqual({ id: 'board\r', rest: '' });
    expect(read(['\ufeff1\n'])).toEqual({ id: '\ufeff1', rest: '' });
  });

  it('refuses an empty hello', () => {
    expect(refusal(['\n'])).toBe('ERR_BAD_HELLO: the hello is empty');
    expect(refusal(['\n1\n'])).toBe('ERR_BAD_HELLO: the hello is empty');
  });

  it('refuses a hello that is not UTF-8', () => {
    expect(refusal([latin1('\xff\n')])).toBe('ERR_BAD_HELLO: the hello is not UTF-8');
    expect(refusal([latin1('\xc3\n\xa9')])).toBe('ERR_BAD_HELLO: the hello is not UTF-8');
  });

  it('refuses a hello of more than maxIdBytes bytes, before its end has come', () => {
    expect(read(['12345678\n'], 8)).toEqual({ id: '12345678', rest: '' });
    expect(refusal(['12345678', '9'], 8)).toBe('ERR_BAD_HELLO: the hello is longer than 8 bytes');
    expect(refusal(['123456789\n'], 8)).toBe('ERR_BAD_HELLO: the hello is longer than 8 bytes');
    expect(refusal(['ééééé\n'], 8)).toBe('ERR_BAD_HELLO: the hello is longer than 8 bytes');
  });

  it('reads any id with anything after it, cut anywhere', () => {
    const segments = fc.tuple(anyText, anyBytes).chain(([id, rest]) => {
      const bytes = concat([encodeHello(id), rest]);
      return fc.tuple(fc.constant({ id, rest }), fc.constant(bytes), anyCuts(bytes.length));
    });
    fc.assert(
      fc.property(segments, ([{ id, rest }, bytes, places]) => {
        const reader = new HelloReader(1000);
        let hello: Hello | undefined;
        let after: Uint8Array[] = [];
        for (const chunk of cut(bytes, places)) {
          if (hello !== undefined) after.push(chunk);
          else if ((hello = reader.push(chunk)) !== undefined) after = [hello.rest];
        }
        expect(hello?.id).toBe(id);
        expect(shown(concat(after))).toBe(shown(rest));
      }),
      { numRuns: 500 },
    );
  });
});
