/** What a request is answered with. */
import type { ServerResponse } from 'node:http';

export interface Answer {
  readonly status: number;
  /** Sent as JSON; a string and bytes as they are, with the type of `headers`. Default: none. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request that is not served: the answer says why, and what to do. */
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

/** On each answer: nothing is kept, and a browser that is shown one runs nothing of it. */
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
