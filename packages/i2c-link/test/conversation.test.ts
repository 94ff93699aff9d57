import { PeerError } from '@iot/framing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  encodeBoardLine,
  encodeResponderMessage,
  parseBoardLine,
  parseResponderMessage,
  type ResponderMessage,
} from '../src/messages/conversation.js';
import { TextLines } from '../src/messages/text-lines.js';

const anyText = fc
  .string({ unit: 'binary', maxLength: 30 })
  .filter((it) => it.isWellFormed())
  .map((it) => it.replaceAll('\n', ' '));

const anyNumber = fc.nat();
const anyMessage: fc.Arbitrary<ResponderMessage> = fc.oneof(
  anyText.map((text) => ({ type: 'line', text }) as const),
  fc.constantFrom('up', 'down', 'keepalive', 'no-wifi', 'no-server').map((type) => ({ type }) as const),
  fc
    .record({ connects: anyNumber, count: anyNumber, freeMemory: anyNumber })
    .map((report) => ({ type: 'report', report }) as const),
);

describe("a board's line", () => {
  it.each([
    ['0', { qos: false, wait: false }],
    ['1', { qos: false, wait: true }],
    ['2', { qos: true, wait: false }],
    ['3', { qos: true, wait: true }],
  ])('begins with %s when it is %o', (header, flags) => {
    expect(encodeBoardLine('[42, 0, 99]', flags)).toBe(`${header}[42, 0, 99]`);
    expect(parseBoardLine(`${header}[42, 0, 99]`)).toEqual({ text: '[42, 0, 99]', flags });
  });

  it('is qos and waits unless told otherwise', () => {
    expect(encodeBoardLine('hi', {})).toBe('3hi');
  });

  it.each(['', '4hi', '/hi', 'hi', '\u0131'])('cannot begin as %j does', (line) => {
    expect(parseBoardLine(line)).toBeInstanceOf(PeerError);
  });
});

describe("a responder's message", () => {
  it.each<[string, ResponderMessage]>([
    ['n[1, 2]', { type: 'line', text: '[1, 2]' }],
    ['nn', { type: 'line', text: 'n' }],
    ['u', { type: 'up' }],
    ['d', { type: 'down' }],
    ['k', { type: 'keepalive' }],
    ['b', { type: 'no-wifi' }],
    ['s', { type: 'no-server' }],
    ['r[2,0,13000]', { type: 'report', report: { connects: 2, count: 0, freeMemory: 13000 } }],
  ])('%j is read and written', (line, message) => {
    expect(parseResponderMessage(line)).toEqual(message);
    expect(encodeResponderMessage(message)).toBe(line);
  });

  it('has a report as Python writes it', () => {
    expect(parseResponderMessage('r[1, 7, 21800]')).toEqual({
      type: 'report',
      report: { connects: 1, count: 7, freeMemory: 21800 },
    });
  });

  it.each([
    '',
    'x',
    'N',
    '3hi',
    'r',
    'r{',
    'r[1, 2]',
    'r[1, 2, "3"]',
    'r[1, 2, 3, 4]',
    'r[1, 2, 1e999]',
    'r{"0":1}',
    'rnull',
  ])('is not %j', (line) => {
    expect(parseResponderMessage(line)).toMatchObject({ name: 'PeerError', code: 'ERR_BAD_FRAME' });
  });

  it('is what was written, whatever it says, and nothing that comes makes the reader throw', () => {
    fc.assert(
      fc.property(anyMessage, fc.string(), (message, garbage) => {
        expect(parseResponderMessage(encodeResponderMessage(message))).toEqual(message);
        parseResponderMessage(garbage);
        parseBoardLine(garbage);
      }),
    );
  });
});

describe('lines out of pieces', () => {
  const stream = 'nhé€😀\nk\n\nn\r\nr[1, 2, 3]\n';
  const bytes = new TextEncoder().encode(stream);
  const lines = ['nhé€😀', 'k', '', 'n\r', 'r[1, 2, 3]'];

  it('are the same at every split point', () => {
    for (let one = 0; one <= bytes.length; one++) {
      for (let other = one; other <= bytes.length; other++) {
        const reader = new TextLines(64, 'the board');
        const pieces = [bytes.slice(0, one), bytes.slice(one, other), bytes.slice(other)];
        expect(pieces.flatMap((piece) => reader.push(piece))).toEqual(lines);
      }
    }
  });

  it('name a line that is not text and one that is too long, and go on after it', () => {
    const reader = new TextLines(4, 'the board');
    const read = reader.push(Uint8Array.of(0x33, 0xff, 0x0a, ...new TextEncoder().encode('3abcd\n3abc\n')));
    expect(read).toEqual([
      expect.objectContaining({ code: 'ERR_BAD_UTF8' }),
      expect.objectContaining({ code: 'ERR_LINE_TOO_LONG' }),
      '3abc',
    ]);
  });
});
