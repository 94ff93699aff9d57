import { describe, expect, it } from 'vitest';
import { Decoder, PeerError } from '../src/index.js';
import { ack, decode, latin1, malformed, message, pull, utf8 } from './wire.js';

/** PROTOCOL.md section 6: a line that is not a frame is reported as malformed, and the decoder continues after it. */
describe('a malformed line', () => {
  it.each([
    ['one character', 'x'],
    ['one hex digit', '0'],
    ['a lone carriage return', '\r'],
    ['two characters that are not hexadecimal', 'zz'],
    ['an id that is not hexadecimal, with a payload', 'zzhello'],
    ['one hex digit and another character', '0ghello'],
    ['another character and one hex digit', ' 1hello'],
    ['hex digits after a byte order mark', '\ufeff01hello'],
    ['an id in digits that are not ASCII', '０１hello'],
    ['the neighbours of the digits', '/0x'],
    ['the neighbours of the digits', ':0x'],
    ['the neighbours of the upper-case letters', '@0x'],
    ['the neighbours of the upper-case letters', 'G0x'],
    ['the neighbours of the lower-case letters', '`0x'],
    ['the neighbours of the lower-case letters', '0gx'],
    ['a sign and a digit', '-1'],
  ])('of %s is no frame, and has no id: %j', (_, line) => {
    expect(decode([`${line}\n03\n`])).toEqual([malformed('ERR_BAD_FRAME'), ack(3)]);
  });

  it.each([
    ['a byte that UTF-8 never has', '01\xff'],
    ['half a character', '01\xe2\x82'],
    ['a character that goes on without a beginning', '01a\x80b'],
    ['an overlong form', '01\xc0\xaf'],
    ['half a surrogate pair', '01\xed\xa0\x80'],
    ['a character beyond Unicode', '01\xf4\x90\x80\x80'],
  ])('with %s is reported with its id, so that it can be acked', (_, line) => {
    expect(decode([latin1(`${line}\n02ok\n`)])).toEqual([malformed('ERR_BAD_UTF8', 1), message(2, 'ok')]);
  });

  it('with bad UTF-8 where its id should be has none', () => {
    expect(decode([latin1('\xff\xfehello\n03\n')])).toEqual([malformed('ERR_BAD_FRAME'), ack(3)]);
  });

  it('says so when it is one character long', () => {
    const decoder = new Decoder(1000);
    decoder.push(utf8('0\n'));
    expect(decoder.next()).toMatchObject({ error: { message: 'a line of one character is no frame' } });
  });

  it('carries an error that blames the peer and shows how the line began, safe to print', () => {
    const decoder = new Decoder(1000);
    decoder.push(latin1('\x1b[31mred\n'));
    const frame = decoder.next();
    expect(frame).toMatchObject({ type: 'malformed', error: { code: 'ERR_BAD_FRAME', name: 'PeerError' } });
    if (frame?.type !== 'malformed') throw new Error('not malformed');
    expect(frame.error).toBeInstanceOf(PeerError);
    expect(frame.error.message).toBe('a line begins with "\\u001b[", which is not a message id');
  });
});

describe('a line longer than maxLineBytes', () => {
  const MAX = 10;

  it('is one whose payload is longer: id and newline do not count', () => {
    expect(decode(['010123456789\n'], MAX)).toEqual([message(1, '0123456789')]);
    expect(decode(['010123456789a\n'], MAX)).toEqual([malformed('ERR_LINE_TOO_LONG', 1)]);
  });

  it('is measured in bytes, not in characters', () => {
    expect(decode(['01ééééé\n'], MAX)).toEqual([message(1, 'ééééé')]);
    expect(decode(['01éééééé\n'], MAX)).toEqual([malformed('ERR_LINE_TOO_LONG', 1)]);
  });

  it('is reported once, as soon as it is too long, and its rest is skipped', () => {
    const decoder = new Decoder(MAX);
    expect(pull(decoder, '010123456789')).toEqual([]);
    expect(pull(decoder, 'a')).toEqual([malformed('ERR_LINE_TOO_LONG', 1)]);
    expect(pull(decoder, '02not a message')).toEqual([]);
    expect(pull(decoder, '03\n04\n')).toEqual([ack(4)]);
  });

  it('without a readable id is reported without one', () => {
    expect(decode(['zz0123456789a\n05\n'], MAX)).toEqual([malformed('ERR_LINE_TOO_LONG'), ack(5)]);
    expect(decode([latin1(`\xff${'x'.repeat(20)}`), '\n05\n'], MAX)).toEqual([
      malformed('ERR_LINE_TOO_LONG'),
      ack(5),
    ]);
  });

  it('leaves the next one whole, and the next too long one reported again', () => {
    const long = `01${'x'.repeat(30)}\n`;
    expect(decode([`${long}02hi\n${long}03`, '\n'], MAX)).toEqual([
      malformed('ERR_LINE_TOO_LONG', 1),
      message(2, 'hi'),
      malformed('ERR_LINE_TOO_LONG', 1),
      ack(3),
    ]);
  });

  it('says which limit it broke', () => {
    const decoder = new Decoder(MAX);
    decoder.push(utf8('010123456789abc'));
    expect(decoder.next()).toMatchObject({ error: { message: 'a line is longer than maxLineBytes (10)' } });
  });
});
