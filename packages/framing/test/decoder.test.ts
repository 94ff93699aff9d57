import { describe, expect, it } from 'vitest';
import { Decoder } from '../src/index.js';
import { ack, decode, keepalive, latin1, message, pull, utf8 } from './wire.js';

describe('Decoder', () => {
  it('reads an empty line as a keepalive', () => {
    expect(decode(['\n'])).toEqual([keepalive]);
  });

  it('reads two hex digits as an ack', () => {
    expect(decode(['03\n'])).toEqual([ack(3)]);
  });

  it('reads two hex digits and a payload as a message', () => {
    expect(decode(['01hi\n'])).toEqual([message(1, 'hi')]);
  });

  it('reads a payload of one character, a space too', () => {
    expect(decode(['01x\n02 \n'])).toEqual([message(1, 'x'), message(2, ' ')]);
  });

  it('reads the frames of one chunk in order', () => {
    expect(decode(['\n00hello\n00\n\n01bye\n'])).toEqual([
      keepalive,
      message(0, 'hello'),
      ack(0),
      keepalive,
      message(1, 'bye'),
    ]);
  });

  it('reads every id, in lower and in upper case', () => {
    for (let id = 0; id < 256; id++) {
      const lower = id.toString(16).padStart(2, '0');
      const upper = lower.toUpperCase();
      const mixed = lower.charAt(0) + upper.charAt(1);
      const lines = `${lower}\n${upper}\n${mixed}\n${lower}x\n${upper}x\n`;
      expect(decode([lines])).toEqual([ack(id), ack(id), ack(id), message(id, 'x'), message(id, 'x')]);
    }
  });

  it('keeps everything of a payload but the newline', () => {
    for (const text of [
      '\r',
      'hi\r',
      '\rhi',
      ' hi ',
      '\t',
      '\0',
      '\ufeff',
      '\ufeffhi',
      '\u2028',
      '00',
      '00\r',
    ]) {
      expect(decode([`0a${text}\n`])).toEqual([message(10, text)]);
    }
  });

  it('counts the size of a message in bytes of UTF-8', () => {
    expect(decode(['01é€😀\n'])).toEqual([{ type: 'message', id: 1, text: 'é€😀', bytes: 9 }]);
  });

  it('gives nothing before the newline has come', () => {
    const decoder = new Decoder(1000);
    expect(pull(decoder, '01h')).toEqual([]);
    expect(pull(decoder, 'i')).toEqual([]);
    expect(pull(decoder, '\n0')).toEqual([message(1, 'hi')]);
    expect(pull(decoder, '2\n')).toEqual([ack(2)]);
  });

  it('gives nothing for an empty chunk, whatever came before', () => {
    expect(decode([''])).toEqual([]);
    expect(decode(['01h', '', 'i\n', ''])).toEqual([message(1, 'hi')]);
  });

  it('knows whether a line has begun whose end has not come yet', () => {
    const decoder = new Decoder(5);
    const midLine = (chunk: string) => {
      pull(decoder, chunk);
      return decoder.midLine;
    };
    expect(decoder.midLine).toBe(false);
    expect(midLine('01hi\n')).toBe(false);
    expect(midLine('02\n0')).toBe(true);
    expect(midLine('3')).toBe(true);
    expect(midLine('\n')).toBe(false);
    // Too long, reported, and still to be skipped.
    expect(midLine('04much too long')).toBe(true);
    expect(midLine(' and longer')).toBe(true);
    expect(midLine('\n')).toBe(false);
  });

  it('has no frame before the first chunk', () => {
    expect(new Decoder(1000).next()).toBeUndefined();
  });

  it('keeps nothing of another link: half a line belongs to its own decoder', () => {
    expect(decode(['01half'])).toEqual([]);
    expect(decode(['02whole\n'])).toEqual([message(2, 'whole')]);
  });

  it('does not need the chunk once its frames are pulled', () => {
    const decoder = new Decoder(1000);
    const buffer = utf8('01he');
    decoder.push(buffer);
    expect(decoder.next()).toBeUndefined();
    buffer.set(latin1('!!!!'));
    decoder.push(utf8('y\n'));
    expect(decoder.next()).toEqual(message(1, 'hey'));
  });

  it('reads a line that came in many chunks and is as long as a line may be', () => {
    const text = 'x'.repeat(1000);
    expect(decode(Array.from(`7f${text}\n`))).toEqual([message(127, text)]);
  });
});
