/** The answer to a request. */
import type { ServerResponse } from 'node:http';

export interface Answer {
  readonly status: number;
  /** Sent as JSON. A string or bytes are sent unchanged, with the type in `headers`. Default: none. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Thrown for a request that is refused. The message becomes the answer: the reason, and what to do. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }

  get answer(): Answer {
    const { status, code, message, headers } = this;
    return { status, body: { error: { code, message } }, headers };
  }
}

/** Headers of every answer: it is not cached, and a browser that displays it runs no script. */
export const SAFE_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
};

export function send(response: ServerResponse, { status, body, headers = {} }: Answer): void {
  const isReady = typeof body === 'string' || Buffer.isBuffer(body);
  const bytes = Buffer.from(body === undefined ? '' : isReady ? body : JSON.stringify(body));
  const type = body === undefined ? {} : { 'content-type': 'application/json' };
  const length = status === 204 ? {} : { 'content-length': bytes.length };
  response.writeHead(status, { ...SAFE_HEADERS, ...type, ...length, ...headers });
  response.end(bytes);
}
