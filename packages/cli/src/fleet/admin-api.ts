/** An HTTP client for the admin interface of a server. The answers are described in its `/openapi.json`. */
import { UsageError } from '@iot/server';
import { Option, type Command } from 'commander';
import { CommandError } from '../exit-codes.js';
import { readToken } from '../token.js';
import { jsonOf } from './json.js';
import { isClientView, isOutageView, type ClientView, type OutageView } from './client-view.js';

/** The orders of `/clients`. */
export const ORDERS = ['trouble', 'outages', 'id'] as const;

export interface ApiOptions {
  readonly url: string;
  readonly tokenFile?: string;
  readonly json?: boolean;
}

/** Adds the options of every command that uses the admin interface. */
export function withApiOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--url <url>', 'admin interface of the server')
        .env('IOT_URL')
        .default('http://127.0.0.1:9123'),
    )
    .addOption(
      new Option('--token-file <file>', 'file with the token for the admin interface').env('IOT_TOKEN_FILE'),
    )
    .option('--json', 'print JSON');
}

/** Time limit of a request. The slowest request writes a line and waits up to 10 s for its ack. */
const LONGEST_MS = 30_000;
/** Status codes of a proxy whose server does not respond, and of an overloaded interface. */
const AWAY = [502, 503, 504];
/** The maximum number of clients in one answer. */
const PAGE = 10_000;

export class AdminApi {
  readonly #url: string;
  readonly #tokenFile: string | undefined;
  readonly #token: string | undefined;
  readonly #stop: AbortSignal;

  private constructor(
    url: string,
    tokenFile: string | undefined,
    token: string | undefined,
    stop: AbortSignal,
  ) {
    this.#url = url.replace(/\/+$/, '');
    this.#tokenFile = tokenFile;
    this.#token = token;
    this.#stop = stop;
  }

  /**
   * Reads the token file. Makes no request yet.
   *
   * @param stop aborts requests
   * @throws UsageError `ERR_BAD_OPTION`
   */
  static async open({ url, tokenFile }: ApiOptions, stop: AbortSignal): Promise<AdminApi> {
    if (!isAddress(url))
      throw new UsageError(
        'ERR_BAD_OPTION',
        '--url must be the address of an admin interface, such as http://127.0.0.1:9123, without a password',
      );
    const token = tokenFile === undefined ? undefined : await readToken(tokenFile);
    if (token !== undefined && !/^[\x21-\x7e]+$/.test(token))
      throw new UsageError(
        'ERR_BAD_OPTION',
        `the token in ${tokenFile} must be printable ASCII characters without a space`,
      );
    return new AdminApi(url, tokenFile, token, stop);
  }

  /**
   * @param field a field that every answer of the interface has; without it the answer comes from another program
   * @throws CommandError when the request fails
   */
  async get(path: string, field: string): Promise<unknown> {
    return this.#read(await this.#ask(path), field);
  }

  /**
   * @param field a field that every answer of the interface has; without it the answer comes from another program
   * @throws CommandError when the request fails
   */
  async post(path: string, field: string, body?: object): Promise<unknown> {
    const json = body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
    return this.#read(await this.#ask(path, { method: 'POST', ...json }), field);
  }

  /**
   * The body of a stream, which continues until the program is stopped.
   *
   * @throws CommandError when the request fails
   */
  async stream(path: string, headers: Readonly<Record<string, string>>): Promise<AsyncIterable<Uint8Array>> {
    const response = await this.#ask(path, { headers, signal: this.#stop });
    const { body } = response;
    const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
    if (isStream && body !== null) return body;
    await body?.cancel();
    throw this.#notThisInterface(response);
  }

  /**
   * All clients.
   *
   * @param sort default: in the order in which they first connected
   * @throws CommandError when the request fails
   */
  async *clients(sort?: (typeof ORDERS)[number]): AsyncGenerator<ClientView> {
    const order = sort === undefined ? '' : `&sort=${sort}`;
    for (let offset = 0, rest = 1; rest > 0;) {
      const response = await this.#ask(`/clients?limit=${PAGE}&offset=${offset}${order}`);
      const { total, clients } = (await this.#read(response, 'clients')) as {
        readonly total: unknown;
        readonly clients: unknown;
      };
      if (typeof total !== 'number' || !Array.isArray(clients) || !clients.every(isClientView))
        throw this.#notThisInterface(response);
      yield* clients;
      offset += clients.length;
      rest = clients.length === 0 ? 0 : total - offset;
    }
  }

  /**
   * The outages of a client or, without an id, of all clients in the last hour. Oldest first.
   *
   * @throws CommandError when the request fails
   */
  async outages(id: string | undefined): Promise<readonly OutageView[]> {
    const response = await this.#ask(id === undefined ? '/outages' : `/clients/${encodeURIComponent(id)}`);
    const { outages } = (await this.#read(response, 'outages')) as { readonly outages: unknown };
    if (!Array.isArray(outages)) throw this.#notThisInterface(response);
    const found: unknown[] = outages.map((outage: unknown) => ({
      ...(outage as object | null),
      ...(id !== undefined && { id }),
    }));
    if (!found.every(isOutageView)) throw this.#notThisInterface(response);
    return found;
  }

  async #ask(path: string, { headers, ...request }: RequestInit = {}): Promise<Response> {
    const signal = this.#limit();
    const authorization = this.#token === undefined ? undefined : { authorization: `Bearer ${this.#token}` };
    let response;
    try {
      const all = { ...(headers as Record<string, string> | undefined), ...authorization };
      response = await fetch(this.#url + path, { signal, ...request, headers: all });
    } catch (error) {
      this.#stop.throwIfAborted();
      throw new CommandError(
        3,
        `nothing answers at ${shownUrl(this.#url)} (${why(error)}): is the server running, with its admin interface at this address?`,
      );
    }
    if (response.ok) return response;
    throw await this.#refusal(response);
  }

  /**
   * Ends a request that takes too long, or when the program is stopped. Not AbortSignal.any with AbortSignal.timeout: Node 20
   * may collect these as garbage, and the request never ends.
   */
  #limit(): AbortSignal {
    const limit = new AbortController();
    const end = () => limit.abort(this.#stop.reason);
    setTimeout(() => limit.abort(new DOMException('no answer', 'TimeoutError')), LONGEST_MS).unref();
    this.#stop.addEventListener('abort', end, { signal: limit.signal });
    if (this.#stop.aborted) end();
    return limit.signal;
  }

  async #read(response: Response, field: string): Promise<unknown> {
    const text = await response.text().catch((error: unknown) => {
      this.#stop.throwIfAborted();
      throw new CommandError(
        3,
        `the answer of ${shownUrl(this.#url)} ended early (${why(error)}): try again`,
      );
    });
    const body = jsonOf(text);
    if (typeof body === 'object' && body !== null && field in body) return body;
    throw this.#notThisInterface(response);
  }

  #notThisInterface({ status }: Response): CommandError {
    return new CommandError(1, `${shownUrl(this.#url)} answers ${status}: is it an admin interface?`);
  }

  #isAway({ status }: Response): CommandError {
    return new CommandError(
      3,
      `${shownUrl(this.#url)} answers ${status}: is the server of this proxy running?`,
    );
  }

  async #refusal(response: Response): Promise<CommandError> {
    if (response.status === 401) {
      const what =
        this.#tokenFile === undefined
          ? 'needs a token: give --token-file'
          : `refuses the token in ${this.#tokenFile}`;
      return new CommandError(4, `the admin interface ${what}`);
    }
    const body = jsonOf(await response.text().catch(() => '')) as
      { readonly error?: { readonly code?: unknown; readonly message?: unknown } } | null | undefined;
    const isAway = AWAY.includes(response.status);
    const { code, message } = body?.error ?? {};
    if (typeof code !== 'string' || typeof message !== 'string')
      return isAway ? this.#isAway(response) : this.#notThisInterface(response);
    return new AdminError(code === 'unknown-client' ? 5 : isAway ? 3 : 1, code, message);
  }
}

/** A refusal by the admin interface, with its message. */
export class AdminError extends CommandError {
  readonly code: string;

  constructor(exitCode: 1 | 3 | 5, code: string, message: string) {
    super(exitCode, message);
    this.code = code;
  }
}

function isAddress(url: string): boolean {
  if (!/^https?:/i.test(url) || !URL.canParse(url)) return false;
  const { username, password } = new URL(url);
  return username === '' && password === ''; // `fetch` takes neither
}

function shownUrl(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname.replace(/\/$/, '');
}

function why(error: unknown): string {
  const { name, cause } = error as { name: string; cause?: { code?: string; message?: string } };
  if (name === 'TimeoutError') return `no answer within ${LONGEST_MS / 1000} s`;
  return cause?.code ?? cause?.message ?? name;
}
