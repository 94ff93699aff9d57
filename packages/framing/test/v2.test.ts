import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DecoderV2, encodeHello, messageLine, PeerError } from '../src/index.js';
import { anyCuts } from './arbitraries.js';
import {
  ack,
  anyBytesV2,
  anyFrameV2,
  decode,
  encoded,
  end,
  keepalive,
  malformed,
  message,
  modelDecode,
  pull,
  unsafe,
} from './v2-wire.js';
import { concat, cut, decode as decodeV1, latin1, malformed as malformedV1, shown, utf8 } from './wire.js';

const MOST = String(Number.MAX_SAFE_INTEGER);

describe('an offer of version 2', () => {
  it('goes out with the hello, in the same bytes', () => {
    expect(shown(encodeHello('board', true))).toBe('board\n-2\n');
    expect(shown(encodeHello('board'))).toBe('board\n');
  });

  it('is a line of its own kind to a decoder of version 1, and so is an opening line', () => {
    expect(decodeV1(['-2\n-2 5e 0 - 0 0 9 1 5 0\n'])).toEqual([
      { type: 'version-2', opening: false },
      { type: 'version-2', opening: true },
    ]);
    expect(decodeV1(['-2x\n-3\n-1\n'])).toEqual(Array(3).fill(malformedV1('ERR_BAD_FRAME')));
  });
});

describe('a line of version 2', () => {
  const opening = { epoch: 'a9', base: 3, taken: 7, received: 9, window: 1024, lineCost: 4, longest: 99 };

  it.each([
    ['\n', keepalive],
    ['1 hi\n', message(1, 'hi')],
    ['12  hi \n', message(12, ' hi ')],
    ['5 €\n', message(5, '€')],
    ['5 \r\n', message(5, '\r')],
    ['007 hi\n', message(7, 'hi')],
    [`${MOST} hi\n`, message(Number.MAX_SAFE_INTEGER, 'hi')],
    [' hi\n', unsafe('hi')],
    ['  \n', unsafe(' ')],
    [' 5 hi\n', unsafe('5 hi')],
    ['+1 2 3 4\n', ack(1, 2, 3, 4)],
    ['+0 0 0 0\n', ack(0, 0, 0, 0)],
    ['+01 2 3 4\n', ack(1, 2, 3, 4)],
    [`+${MOST} ${MOST} ${MOST} ${MOST}\n`, ack(...(Array(4).fill(Number.MAX_SAFE_INTEGER) as Four))],
    ['-2 a9 3 b7 7 9 1024 4 99 5\n', { type: 'opening', opening: { ...opening, known: 'b7', unacked: 5 } }],
    [
      '-2 a9 3 - 7 9 1024 4 99 0\n',
      { type: 'opening', opening: { ...opening, known: undefined, unacked: 0 } },
    ],
    ['!closed bye\n', end('closed', 'bye')],
    ['!closed\n', end('closed', '')],
    ['!closed \n', end('closed', '')],
    ['!duplicate  two  words\n', end('duplicate', ' two  words')],
    ['!refused no\n', end('refused', 'no')],
    ['!protocol é\n', end('protocol', 'é')],
    ['!gap message 3\n', end('gap', 'message 3')],
    ['!busy 5000 restart\n', end('busy', 'restart', 5000)],
    ['!busy 5000\n', end('busy', '', 5000)],
    ['!busy\n', end('busy', '')],
    ['!busy soon\n', end('busy', '')],
  ] as const)('of %j is read as what it is', (line, frame) => {
    expect(decode([line, '+5 5 5 5\n'])).toEqual([frame, ack(5, 5, 5, 5)]);
  });

  it.each([
    ['0 hi', 'the number of a message is above 0'],
    [`9007199254740992 hi`, 'numbers are below 2^53'],
    ['9007199254740993 hi', 'numbers are below 2^53'],
    ['9999999999999999 hi', 'numbers are below 2^53'],
    ['00000000000000001 hi', 'a number has 16 digits at most'],
    ['12345678901234567 hi', 'a number has 16 digits at most'],
    ['5', 'a message has text'],
    ['5hi', 'a space follows a number'],
    ['5.0 hi', 'a number is of digits only'],
    ['0x5 hi', 'a number is of digits only'],
    ['５ hi', 'digits are those of ASCII'],
    ['\r', 'no frame begins so'],
    ['hello', 'no frame begins so'],
    ['a5 hi', 'no frame begins so'],
    ['\ufeff5 hi', 'no frame begins so'],
    ['+', 'an ack has four numbers'],
    ['+1 2 3', 'an ack has four numbers'],
    ['+1 2 3 4 5', 'an ack has four numbers'],
    ['+1 2 3 4 ', 'an ack has four numbers'],
    ['+1  2 3 4', 'an ack has four numbers'],
    ['+1 2 3 -4', 'a number is of digits only'],
    ['+1 2 3 4.5', 'a number is of digits only'],
    ['+1 2 3 9007199254740992', 'numbers are below 2^53'],
    ['+1 2 3 00000000000000004', 'a number has 16 digits at most'],
    ['+1 2 3 4\r', 'a number is of digits only'],
    ['-2', 'nine fields follow the offer in an opening line'],
    ['-2 a9 3 - 7 9 1024 4 99', 'an opening line has nine fields'],
    ['-2 a9 3 - 7 9 1024 4 99 0 0', 'an opening line has nine fields'],
    ['-2 A9 3 - 7 9 1024 4 99 0', 'an epoch is in lower case'],
    ['-2 xyz 3 - 7 9 1024 4 99 0', 'an epoch is hexadecimal'],
    ['-2 - 3 - 7 9 1024 4 99 0', 'an end has an epoch of its own'],
    [`-2 ${'a'.repeat(33)} 3 - 7 9 1024 4 99 0`, 'an epoch has 32 digits at most'],
    ['-2 a9 3  7 9 1024 4 99 0', 'a known epoch is one, or -'],
    ['-2 a9 x - 7 9 1024 4 99 0', 'a number is of digits only'],
    ['-1 a9 3 - 7 9 1024 4 99 0', 'no frame begins so'],
    ['-3 a9 3 - 7 9 1024 4 99 0', 'no frame begins so'],
    ['-2a9 3 - 7 9 1024 4 99 0', 'no frame begins so'],
    ['!', 'an end has a code'],
    ['!over', 'an end has a code that is known'],
    ['!Closed', 'an end has a code that is known'],
    ['!closed: bye', 'a space follows a code'],
  ])('of %j is malformed and has no number: %s', (line) => {
    expect(decode([`${line}\n1 next\n`])).toEqual([malformed('ERR_BAD_FRAME'), message(1, 'next')]);
  });

  it.each([
    ['7 ', malformed('ERR_BAD_FRAME', 7)],
    ['7 \xff', malformed('ERR_BAD_UTF8', 7)],
    ['7 \xe2\x82', malformed('ERR_BAD_UTF8', 7)],
    ['7 \xc0\xaf', malformed('ERR_BAD_UTF8', 7)],
    ['7 \xed\xa0\x80', malformed('ERR_BAD_UTF8', 7)],
    [`${MOST} \xff`, malformed('ERR_BAD_UTF8', Number.MAX_SAFE_INTEGER)],
    [' ', malformed('ERR_BAD_FRAME', 'unsafe')],
    [' \xff', malformed('ERR_BAD_UTF8', 'unsafe')],
    ['+1 2 3 4\xff', malformed('ERR_BAD_FRAME')],
    ['!closed \xff', malformed('ERR_BAD_FRAME')],
    ['-2 \xff', malformed('ERR_BAD_FRAME')],
    ['\xff\xfe', malformed('ERR_BAD_FRAME')],
  ])('of the bytes %j is malformed, with the number of a message or as one that has none', (line, frame) => {
    expect(decode([latin1(`${line}\n8 next\n`)])).toEqual([frame, message(8, 'next')]);
  });

  it('has an error that blames the peer, is safe to print and short', () => {
    const long = 'x'.repeat(900);
    for (const line of ['\x1b[31mred', `+${long}`, `-2 ${long}`, `!${long}`, `a${long}`]) {
      const decoder = new DecoderV2(1000);
      decoder.push(utf8(`${line}\n`));
      const frame = decoder.next();
      if (frame?.type !== 'malformed') throw new Error('not malformed');
      expect(frame.error).toBeInstanceOf(PeerError);
      expect(frame.error.message).toMatch(/^[\x20-\x7e…]{1,120}$/);
    }
  });
});

type Four = [number, number, number, number];

describe('a line of version 2 that is too long', () => {
  const text = 'x'.repeat(300);

  it('is one whose text is longer than maxLineBytes: its number does not count', () => {
    for (const n of [1, 99_999, Number.MAX_SAFE_INTEGER]) {
      expect(decode([messageLine(n, text)], 300)).toEqual([message(n, text)]);
      expect(decode([messageLine(n, `${text}x`)], 300)).toEqual([malformed('ERR_LINE_TOO_LONG', n)]);
    }
    expect(decode([` ${text}\n`], 300)).toEqual([unsafe(text)]);
    expect(decode([` ${text}x\n`], 300)).toEqual([malformed('ERR_LINE_TOO_LONG', 'unsafe')]);
  });

  it('is measured in bytes, not in characters', () => {
    expect(decode(['1 ééééé\n2 éééééé\n éééééé\n'], 10)).toEqual([
      message(1, 'ééééé'),
      malformed('ERR_LINE_TOO_LONG', 2),
      malformed('ERR_LINE_TOO_LONG', 'unsafe'),
    ]);
  });

  it('is reported once, with its number, as soon as it is too long, and its rest is skipped', () => {
    for (const n of [1, Number.MAX_SAFE_INTEGER]) {
      const decoder = new DecoderV2(300);
      expect(pull(decoder, `${n} ${text}${'x'.repeat(30)}`)).toEqual([malformed('ERR_LINE_TOO_LONG', n)]);
      expect(pull(decoder, '2 not a message')).toEqual([]);
      expect(pull(decoder, '\n+1 1 1 1\n')).toEqual([ack(1, 1, 1, 1)]);
    }
  });

  it('has no number where none can be read', () => {
    const digits = '1'.repeat(400);
    expect(decode([`a${text}\n`, `${digits}\n`, `${digits} hi\n`, `+${digits}\n`, '\n'], 10)).toEqual([
      malformed('ERR_LINE_TOO_LONG'),
      malformed('ERR_BAD_FRAME'),
      malformed('ERR_BAD_FRAME'),
      malformed('ERR_LINE_TOO_LONG'),
      keepalive,
    ]);
  });

  it('leaves space for every opening line, ack and end, however short the lines of the application', () => {
    const frames = [
      ack(...(Array(4).fill(Number.MAX_SAFE_INTEGER) as Four)),
      end('busy', 'x'.repeat(200), Number.MAX_SAFE_INTEGER),
    ];
    const opening = `-2 ${'e'.repeat(32)} ${MOST} ${'f'.repeat(32)}${` ${MOST}`.repeat(6)}\n`;
    expect(decode(frames.map(encoded), 1)).toEqual(frames);
    expect(decode([opening], 1)).toMatchObject([{ type: 'opening', opening: { known: 'f'.repeat(32) } }]);
  });
});

describe('any stream of version 2', () => {
  const all = [
    '\n-2 a9 3 - 0 0 1024 4 99 0\n1 hello\n\n\n',
    '2 é€😀\r\n3 \ufeff\0\n  5 x \n+7 9 1024 3\n!busy 9 later\n',
  ].join('');
  const STREAM = concat([utf8(all), latin1('zz\n\r\n4 \xff\xfe\n5 '), utf8(`${'x'.repeat(300)}\n6 end\n`)]);
  const FRAMES = decode([STREAM], 10);

  it('holds frames of each kind', () => {
    const types = new Set(FRAMES.map(({ type }) => type));
    expect([...types].sort()).toEqual([
      'ack',
      'end',
      'keepalive',
      'malformed',
      'message',
      'opening',
      'unsafe',
    ]);
    expect(FRAMES).toEqual(modelDecode(STREAM, 10));
  });

  it('is the same cut at any byte, and byte by byte', () => {
    for (let at = 0; at <= STREAM.length; at++) {
      expect(decode(cut(STREAM, [at]), 10), `cut at ${at}`).toEqual(FRAMES);
    }
    expect(
      decode(
        [...STREAM].map((byte) => Uint8Array.of(byte)),
        10,
      ),
    ).toEqual(FRAMES);
  });

  it('is the frames that were encoded, cut anywhere', () => {
    const streams = fc.array(anyFrameV2, { minLength: 1, maxLength: 12 }).chain((frames) => {
      const bytes = utf8(frames.map(encoded).join(''));
      return fc.tuple(fc.constant(frames), fc.constant(bytes), anyCuts(bytes.length));
    });
    fc.assert(
      fc.property(streams, ([frames, bytes, places]) => {
        expect(decode(cut(bytes, places))).toEqual(frames);
      }),
      { numRuns: 500 },
    );
  });

  it('is what the protocol says for any bytes, cut anywhere', () => {
    const streams = anyBytesV2.chain((bytes) => fc.tuple(fc.constant(bytes), anyCuts(bytes.length)));
    fc.assert(
      fc.property(streams, fc.integer({ min: 1, max: 8 }), ([bytes, places], maxLineBytes) => {
        const frames = modelDecode(bytes, maxLineBytes);
        expect(decode([bytes], maxLineBytes), shown(bytes)).toEqual(frames);
        expect(decode(cut(bytes, places), maxLineBytes), shown(bytes)).toEqual(frames);
      }),
      { numRuns: 3000 },
    );
  });

  it('is read on after a byte that was changed, inserted or left out', () => {
    const mutated = fc
      .tuple(fc.array(anyFrameV2, { minLength: 1, maxLength: 8 }), fc.nat(), fc.integer({ min: 0, max: 255 }))
      .chain(([frames, at, byte]) => {
        const bytes = utf8(frames.map(encoded).join(''));
        const place = at % bytes.length;
        const [head, tail] = [bytes.slice(0, place), bytes.slice(place + 1)];
        return fc.constantFrom(
          concat([head, Uint8Array.of(byte), tail]),
          concat([head, Uint8Array.of(byte), bytes.slice(place)]),
          concat([head, tail]),
        );
      });
    fc.assert(
      fc.property(mutated, (bytes) => {
        expect(decode([bytes]), shown(bytes)).toEqual(modelDecode(bytes, 1000));
        expect(decode([bytes, '\n9 next\n']).at(-1)).toEqual(message(9, 'next'));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('memory', () => {
  it('holds no more of a line of version 2 than its limit, however long it grows', () => {
    const chunk = new Uint8Array(64 * 1024).fill(0x78);
    for (const first of ['1 ', '+', '-2 ', '!', ' ', 'x', '1']) {
      const decoder = new DecoderV2(64 * 1024);
      pull(decoder, first);
      const before = process.memoryUsage().arrayBuffers;
      let frames = 0;
      for (let i = 0; i < 200; i++) {
        decoder.push(chunk);
        while (decoder.next() !== undefined) frames += 1;
      }
      // 12 MiB came.
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1024 * 1024);
      expect(frames).toBe(1);
      expect(pull(decoder, '\n+1 1 1 1\n')).toEqual([ack(1, 1, 1, 1)]);
    }
  });
});
