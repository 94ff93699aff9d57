/** Requests to an admin interface, each answer checked against the OpenAPI document. */
import { request, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect } from 'vitest';
import type { Admin } from '../src/index.js';
import { OPENAPI } from '../src/openapi.js';

interface Described {
  readonly content?: Readonly<Record<string, { readonly schema: object }>>;
}
interface Operation {
  readonly responses: Readonly<Record<string, Described>>;
}
const paths: Readonly<Record<string, Readonly<Record<string, Operation>>>> = OPENAPI.paths as never;

const ajv = new Ajv2020({ strict: false, validateFormats: false });
ajv.addSchema({ $id: 'document', components: OPENAPI.components });

/** What is described of an answer; fails when it is not. */
export function described(method: string, path: string, status: number): Described {
  const operation = Object.entries(paths).find(([pattern]) => matches(pattern, path))?.[1][
    method.toLowerCase()
  ];
  const found = operation?.responses[status];
  expect(found, `${method} ${path} answers ${status}, which the document does not have`).toBeDefined();
  return found!;
}

function matches(pattern: string, path: string): boolean {
  return new RegExp(`^${pattern.replace('{id}', '[^/]+')}$`).test(path);
}

/** Fails unless the body is as the document says. */
export function checkBody(answer: Described, type: string | undefined, body: string): unknown {
  if (answer.content === undefined) {
    expect(body).toBe('');
    return undefined;
  }
  const schema = answer.content[type ?? '']?.schema;
  expect(schema, `the document has no body of type ${type}`).toBeDefined();
  const value: unknown = type === 'application/json' ? JSON.parse(body) : body;
  const whole = JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"document#/')) as object;
  const isValid = ajv.validate(whole, value);
  expect(ajv.errors, body).toBeNull();
  expect(isValid).toBe(true);
  return value;
}

export interface Asked {
  readonly method?: string;
  readonly headers?: OutgoingHttpHeaders;
  /** Sent as JSON; a string or bytes as they are. */
  readonly body?: unknown;
}

export interface Answered {
  readonly status: number;
  readonly body: unknown;
  readonly headers: IncomingMessage['headers'];
}

/** The beginning of an answer. Not `fetch`, which would not send every header. */
export function begin(admin: Admin, path: string, { method = 'GET', headers = {}, body }: Asked = {}) {
  return new Promise<IncomingMessage>((resolve, reject) => {
    const { address, port } = admin.address;
    const json = body === undefined ? {} : { 'content-type': 'application/json' };
    const sent = request({
      host: address,
      port,
      path,
      method,
      headers: { ...json, ...headers },
      agent: false,
    });
    sent.on('response', resolve).on('error', reject);
    sent.end(typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body));
  });
}

/** An answer that is as the document says. */
export async function ask(admin: Admin, path: string, asked: Asked = {}): Promise<Answered> {
  const response = await begin(admin, path, asked);
  const status = response.statusCode!;
  const { method = 'GET' } = asked;
  const answer = described(method, path.replace(/\?.*/s, ''), status);
  const type = response.headers['content-type']?.replace(/;.*/, '');
  return { status, body: checkBody(answer, type, await text(response)), headers: response.headers };
}

/** The code of an answer that refuses. */
export function codeOf({ status, body }: Answered): unknown[] {
  return [status, (body as { error: { code: string } }).error.code];
}
