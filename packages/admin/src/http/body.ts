import type { IncomingMessage } from 'node:http';
import { Refused } from './answer.js';

/**
 * Reads the body of a request, which must be a JSON object.
 *
 * @throws Refused 415 if the content type is not JSON, 413 if the body is too long, 400 for anything but a JSON object
 */
export async function readObject(
  request: IncomingMessage,
  mostBytes: number,
): Promise<Readonly<Record<string, unknown>>> {
  const type = request.headers['content-type'] ?? '';
  if (!/^application\/json *(;|$)/i.test(type))
    throw new Refused(415, 'not-json', 'the body must have content-type: application/json');
  const chunks: Buffer[] = [];
  let bytes = 0;
  // If the body is too long, the request is answered and not destroyed: Node reads and discards the rest.
  const incoming = request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  for await (const chunk of incoming) {
    bytes += chunk.length;
    if (bytes > mostBytes) throw new Refused(413, 'too-long', `the body is longer than ${mostBytes} bytes`);
    chunks.push(chunk);
  }
  const value = parse(Buffer.concat(chunks));
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Refused(400, 'bad-body', 'the body must be a JSON object');
  return value as Record<string, unknown>;
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new Refused(400, 'bad-body', 'the body is not JSON');
  }
}
