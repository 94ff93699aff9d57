/**
 * The HTTP server: finds the route for a request that has passed the checks in `guard.ts`, and sends its
 * answer.
 */
import {
  createServer,
  type IncomingMessage,
  type Server as HttpServer,
  type ServerResponse,
} from 'node:http';
import { IotError } from '@iot/framing';
import type { Limits } from '../limits.js';
import type { AdminSettings } from '../options.js';
import { Refused, send, type Answer } from './answer.js';
import { requireOwnPage, requireToken } from './guard.js';

export interface Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
  /** The id, for a path with `{id}`. */
  readonly id: string;
}

export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** The path as in the OpenAPI document. `{id}` matches one segment. */
  readonly path: string;
  /** Allowed names of query parameters. Default: none. */
  readonly query?: readonly string[];
  /** True: needs no token. The answer must not contain data of the fleet. */
  readonly isOpen?: boolean;
  /** Returns undefined if the route has sent its answer itself. */
  answer(call: Call): Answer | undefined | Promise<Answer | undefined>;
}

/** Makes the server, which does not listen yet. */
export function httpServer(routes: readonly Route[], settings: AdminSettings, limits: Limits): HttpServer {
  const server = createServer(
    {
      requestTimeout: limits.requestMs,
      headersTimeout: limits.requestMs,
      connectionsCheckingInterval: Math.ceil(limits.requestMs / 10),
    },
    (request, response) => void serve(request, response, routes, settings),
  );
  server.maxConnections = limits.connections;
  return server;
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  routes: readonly Route[],
  settings: AdminSettings,
): Promise<void> {
  try {
    requireOwnPage(request.headers, settings);
    const { path, query } = target(request);
    const [route, id] = find(routes, request.method ?? '', path, () =>
      requireToken(request.headers, settings),
    );
    for (const name of query.keys()) {
      if (route.query?.includes(name) !== true)
        throw new Refused(400, 'bad-query', `this path has no parameter ${JSON.stringify(name)}`);
    }
    const answer = await route.answer({ request, response, query, id });
    if (answer !== undefined) send(response, answer);
  } catch (error) {
    // The requester has disconnected, perhaps before the end of its body.
    if (response.destroyed || response.headersSent) return void response.destroy();
    send(response, refusalOf(error).answer);
  }
}

/**
 * Turns any error into an answer. An error in the interface must not end the process, which serves the fleet.
 */
function refusalOf(error: unknown): Refused {
  if (error instanceof Refused) return error;
  if (error instanceof IotError) return new Refused(503, error.code, error.message);
  process.emitWarning(error as Error);
  return new Refused(500, 'failed', 'the interface has failed: see the error in the output of its process');
}

function target({ url = '/' }: IncomingMessage): { path: string; query: URLSearchParams } {
  const [path = '', query = ''] = url.split(/\?(.*)/s);
  return { path, query: new URLSearchParams(query) };
}

/**
 * @param authorize called before a route that needs the token is looked up, so that the answer does not
 * reveal which paths exist
 */
function find(
  routes: readonly Route[],
  method: string,
  path: string,
  authorize: () => void,
): [Route, string] {
  const matching = routes.flatMap((route) => {
    const id = match(route.path, path);
    return id === undefined ? [] : [{ route, id }];
  });
  const found = matching.find(({ route }) => route.method === method);
  if (found?.route.isOpen !== true) authorize();
  if (found !== undefined) return [found.route, found.id];
  if (matching.length === 0)
    throw new Refused(404, 'unknown-path', 'this path does not exist: see /openapi.json');
  const allow = matching.map(({ route }) => route.method).join(', ');
  throw new Refused(405, 'wrong-method', `this path allows ${allow} only`, { allow });
}

/** Returns the id in the path, '' for a path without an id, undefined if the path does not match. */
function match(pattern: string, path: string): string | undefined {
  const [wanted, given] = [pattern.split('/'), path.split('/')];
  if (wanted.length !== given.length) return undefined;
  let id = '';
  for (const [index, part] of wanted.entries()) {
    if (part === '{id}') id = decoded(given[index]!);
    else if (part !== given[index]) return undefined;
  }
  return id;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new Refused(400, 'bad-id', 'the id in the path is not URL-encoded UTF-8');
  }
}
