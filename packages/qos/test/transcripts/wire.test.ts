import {
  Decoder,
  encodeAck,
  encodeHello,
  encodeMessage,
  HelloReader,
  KEEPALIVE,
  type Frame,
} from '@iot/framing';
import { describe, expect, it } from 'vitest';
import { connections, linesOf, readRecording, RECORDINGS, stream } from './recording.js';

function frames(bytes: Uint8Array): Frame[] {
  const decoder = new Decoder(64 * 1024);
  const found: Frame[] = [];
  decoder.push(bytes);
  for (let frame = decoder.next(); frame !== undefined; frame = decoder.next()) found.push(frame);
  return found;
}

function encoded(frame: Frame): Uint8Array {
  switch (frame.type) {
    case 'keepalive':
      return KEEPALIVE;
    case 'ack':
      return encodeAck(frame.id);
    case 'message':
      return encodeMessage(frame.id, frame.text);
    case 'version-2':
      throw new Error('an original does not speak version 2');
    case 'malformed':
      throw frame.error;
  }
}

describe('all that the originals sent', () => {
  it('is here', () => {
    expect(RECORDINGS).toHaveLength(19);
  });

  it.each(RECORDINGS)('is decoded, and encoded again to the same bytes: %s', (name) => {
    const entries = readRecording(name);
    for (const conn of connections(entries)) {
      const fromClient = stream(entries, conn, 'client');
      const hello = new HelloReader(256).push(fromClient);
      if (hello === undefined) throw new Error(`connection ${conn} has no hello`);
      const again = [encodeHello(hello.id), ...frames(hello.rest).map(encoded)];
      expect(Buffer.concat(again)).toEqual(fromClient);

      const fromServer = stream(entries, conn, 'server');
      expect(Buffer.concat(frames(fromServer).map(encoded))).toEqual(fromServer);
      // One frame for each line: no two were merged, none was skipped.
      expect(frames(fromServer)).toHaveLength(linesOf(fromServer).length);
      expect(frames(hello.rest)).toHaveLength(linesOf(fromClient).length - 1);
    }
  });
});
