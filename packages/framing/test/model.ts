/** A decoder written for clearness only: the whole stream at once, straight from PROTOCOL.md sections 1 and 6. */
import { ack, keepalive, malformed, shown, type PlainFrame } from './wire.js';

export function modelDecode(stream: Uint8Array, maxLineBytes: number): PlainFrame[] {
  const lines = shown(stream).split('\n');
  const unfinished = lines.pop() ?? '';
  const frames = lines.map((line) => modelFrame(line, maxLineBytes));
  // A line that is too long is reported before its end has come.
  if (unfinished.length > maxLineBytes + 2) frames.push(modelFrame(unfinished, maxLineBytes));
  return frames;
}

/** `line` holds one character a byte. */
function modelFrame(line: string, maxLineBytes: number): PlainFrame {
  if (line === '') return keepalive;
  const id = /^[0-9a-fA-F]{2}/.test(line) ? Number.parseInt(line.slice(0, 2), 16) : undefined;
  if (line.length > maxLineBytes + 2) return malformed('ERR_LINE_TOO_LONG', id);
  if (/^-2( |$)/.test(line)) return { type: 'version-2', opening: line.length > 2 };
  if (id === undefined) return malformed('ERR_BAD_FRAME');
  if (line.length === 2) return ack(id);
  const payload = Buffer.from(line.slice(2), 'latin1');
  const text = payload.toString('utf8');
  // Node puts U+FFFD where the bytes are not UTF-8. Encoded again, the bytes then differ.
  if (!Buffer.from(text, 'utf8').equals(payload)) return malformed('ERR_BAD_UTF8', id);
  return { type: 'message', id, text, bytes: payload.length };
}
