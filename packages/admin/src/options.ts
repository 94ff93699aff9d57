import { isIP } from 'node:net';
import { UsageError } from '@iot/framing';
import { alertSettings, type AlertOptions, type AlertSettings } from './alerts/options.js';
import { requireInteger, requireKnownOptions, requireMethods, requireOneOf } from '@iot/qos/internal';

/** A store that reports its commits. */
export interface CommitSource {
  /** Calls `listener` after each commit with its duration. The returned function ends this. */
  onCommit(listener: (commit: { readonly ms: number; readonly failed: boolean }) => void): () => void;
}

export interface AdminOptions {
  /** Port to listen on; 0 takes a free port, which `admin.address.port` shows. Default 9123. */
  readonly port?: number | undefined;
  /** Address to listen on. Any address except a loopback address requires a `token`. Default 127.0.0.1. */
  readonly host?: string | undefined;
  /**
   * The token that each request must contain as `authorization: Bearer TOKEN`, except `/healthz` and
   * `/readyz`; at least 16 characters without spaces. Default: none, which is allowed on a loopback address
   * only.
   */
  readonly token?: string | undefined;
  /**
   * Host names under which clients reach this interface, besides `localhost` and any IP address. A request
   * with another name in `Host` is refused, because it may come from a web page with that name. Default:
   * none.
   */
  readonly hostNames?: Iterable<string> | undefined;
  /**
   * `client` adds a label with the id of the client to the metrics: about 20 series for each client. Clients
   * choose their ids, so leave it off if unknown clients can connect. Default: none.
   */
  readonly labels?: 'client' | undefined;
  /** The store of the server, such as `levelStore`: adds metrics of its commits. Default: none. */
  readonly store?: CommitSource | undefined;
  /** Notifies a webhook or a function about clients that are silent, flap or are refused. Default: none. */
  readonly alerts?: AlertOptions | undefined;
  /**
   * True shows the text of lines: the last line of each client, and all lines in `/events?lines=true`.
   * Default false.
   */
  readonly showLines?: boolean | undefined;
}

export interface AdminSettings {
  readonly port: number;
  readonly host: string;
  readonly token: string | undefined;
  readonly hostNames: ReadonlySet<string>;
  readonly labels: 'client' | undefined;
  readonly store: CommitSource | undefined;
  readonly alerts: AlertSettings | undefined;
  readonly showLines: boolean;
}

const NAMES = [
  'port',
  'host',
  'token',
  'hostNames',
  'labels',
  'store',
  'alerts',
  'showLines',
] as const satisfies (keyof AdminOptions)[];
const SHORTEST_TOKEN = 16;

/** @throws UsageError `ERR_BAD_OPTION` for an invalid value, an unknown option, or a missing token. */
export function adminSettings(options: AdminOptions): AdminSettings {
  requireKnownOptions(options, NAMES);
  const {
    port = 9123,
    host = '127.0.0.1',
    token,
    hostNames = [],
    labels,
    store,
    alerts,
    showLines = false,
  } = options;
  requireInteger('port', port, 0, 65535);
  if (typeof host !== 'string' || host === '') throw bad('host must be an address to listen on');
  if (typeof showLines !== 'boolean') throw bad('showLines must be true or false');
  if (labels !== undefined) requireOneOf('labels', labels, ['client']);
  if (store !== undefined) requireMethods('store', store, ['onCommit']);
  requireToken(token, host);
  return {
    port,
    host,
    token,
    hostNames: namesOf(hostNames),
    labels,
    store,
    alerts: alerts && alertSettings(alerts),
    showLines,
  };
}

function requireToken(token: unknown, host: string): void {
  if (token === undefined) {
    if (isLoopback(host)) return;
    throw bad(
      `host ${host} can be reached from other machines: give a token, or listen on a loopback address (127.0.0.1)`,
    );
  }
  if (typeof token !== 'string' || token.length < SHORTEST_TOKEN || !/^[\x21-\x7e]+$/.test(token)) {
    throw bad(
      `token must have at least ${SHORTEST_TOKEN} printable ASCII characters and no space: openssl rand -hex 32 makes one`,
    );
  }
}

function namesOf(names: unknown): ReadonlySet<string> {
  const isList = typeof names === 'object' && names !== null && Symbol.iterator in names;
  const list: unknown[] = isList ? [...(names as Iterable<unknown>)] : [undefined];
  if (!list.every((name): name is string => typeof name === 'string' && name !== '' && !name.includes(':')))
    throw bad("hostNames must be a list of names without a port: ['admin.example']");
  return new Set(list.map((name) => name.toLowerCase()));
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

function bad(message: string): UsageError {
  return new UsageError('ERR_BAD_OPTION', message);
}
