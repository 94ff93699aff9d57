/** Boards, and what they sent and got. */
import { connect, type Client } from '@iot/client';
import { onTestFinished } from 'vitest';

/** So long that a busy machine is not taken for an outage: these tests end links. */
const TIMEOUT = 60_000;

export const LOOPBACK = ['--host', '127.0.0.1', '--port', '0', '--timeout', String(TIMEOUT)];

export interface BoardOptions {
  readonly maxUnreadLines?: number;
}

/** A client in place of a board; closed at the end of the test. */
export function board(id: string, port: number, options: BoardOptions = {}): Client {
  const client = connect({ id, host: '127.0.0.1', port, timeout: TIMEOUT, ...options });
  onTestFinished(() => client.close());
  return client;
}

/** `name 0`, `name 1` … */
export function numbered(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${name} ${i}`);
}

/** The next lines that come to this board. */
export async function take(client: Client, count: number): Promise<string[]> {
  const lines: string[] = [];
  while (lines.length < count) lines.push(await client.readline());
  return lines;
}
