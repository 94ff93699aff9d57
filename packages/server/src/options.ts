/** The options of `listen`, their defaults and their checks. */
import { getHeapStatistics } from 'node:v8';
import { LINK_DEFAULTS, linkSettings, type LinkOptions } from '@iot/connection/internal';
import { UsageError } from '@iot/framing';
import type { Authorize } from './authorize.js';
import { tlsSettings, type TlsListenOptions } from './tls/options.js';
import { proxyList } from './proxy/entrance.js';
import type { SessionOptions } from '@iot/qos';
import {
  LONGEST_TIMER_MS,
  requireFunctions,
  requireInteger,
  requireOneOf,
  SESSION_DEFAULTS,
} from '@iot/qos/internal';

export interface ListenOptions extends LinkOptions, Pick<SessionOptions, 'settleMs'> {
  /**
   * The port without TLS. 0: a free port, which `server.address.port` shows. false: no port without TLS; this needs `tls`.
   * Default 8123.
   */
  readonly port?: number | false | undefined;
  /** An additional port with TLS, with certificates or with pre-shared keys. Default: none. */
  readonly tls?: TlsListenOptions | undefined;
  /** Address to listen on. Default: all interfaces. */
  readonly host?: string | undefined;
  /**
   * Only for a cluster worker (`node:cluster`, pm2 in cluster mode). True: this worker does not share its port with other
   * workers. Without it, `listen` rejects in a cluster worker: the workers would share the port, and a client that reconnects
   * would reach a process that does not know its session. Default false.
   */
  readonly exclusive?: boolean | undefined;
  /** Ids of the expected clients. `waitAll` waits for them by default, and they are never forgotten. Default: none. */
  readonly expected?: Iterable<string> | undefined;
  /** `any` (the default) admits clients that are not in `expected`, as the MicroPython originals do. `expected` refuses them. */
  readonly admit?: 'any' | 'expected' | undefined;
  /**
   * Called for each new link, after the check of `admit`, to decide whether the client may connect. It may be async. If it
   * returns true, the client is admitted. Anything else refuses the client. A returned text appears in the event `refused` and
   * in the log; the client is sent only that it was refused. The client is also refused if the function throws or rejects, or
   * does not answer within `timeout` of the socket's arrival. `signal` is aborted then. Until it answers, no line of the client
   * is read, and an existing link with the same id is not affected. Default: none, all clients are admitted.
   */
  readonly authorize?: Authorize | undefined;
  /**
   * Addresses of load balancers that send the header of the PROXY protocol, version 2, such as `10.0.0.5` or `10.0.0.0/8`. The
   * header contains the address of the client. A connection from one of these addresses, on either port, is refused without
   * this header. A header from any other address is refused as a bad hello. Default: none.
   */
  readonly proxyProtocol?: Iterable<string> | undefined;
  /**
   * What happens to a newcomer whose id already has an open link (PROTOCOL.md section 5). `probe` (the default): the server
   * checks within three quarters of `timeout` whether the existing link still works, and refuses the newcomer if it does.
   * `takeover`: the newcomer replaces the existing link at once. `reject`: the newcomer is refused at once.
   */
  readonly onDuplicate?: 'probe' | 'takeover' | 'reject' | undefined;
  /** Most open sockets on each port, including those without a hello yet. Further sockets are refused. Default 20,000. */
  readonly maxConnections?: number | undefined;
  /**
   * Most open sockets of one address, on all ports together. Further sockets from there are refused. If the boards of a site
   * share one address, the limit must be higher than their number, because a link that is being replaced counts too. Default:
   * no limit.
   */
  readonly maxConnectionsPerAddress?: number | undefined;
  /**
   * Most failed attempts of one address in a minute. An attempt fails if the hello or the TLS handshake is wrong, or the id is
   * not admitted. After more failures, newcomers from this address are refused for a second. The time doubles with each further
   * failure, up to 30 s. Existing links are not affected. If several clients share the address, all of them are refused. The
   * server remembers the 10,000 addresses that failed last. Default: no limit.
   */
  readonly maxFailuresPerAddress?: number | undefined;
  /**
   * Most lines of one client that the program gets in a second, after a burst of one second's worth. If a client sends more, its
   * lines wait unread. At `maxUnreadLines` unread lines the server stops acking, which slows the client. The link stays up, and
   * no line is lost. Default: no limit.
   */
  readonly maxLinesPerSecond?: number | undefined;
  /** The same limit in bytes of UTF-8. A line that is longer than the limit passes, and later lines wait. Default: no limit. */
  readonly maxBytesPerSecond?: number | undefined;
  /**
   * Most bytes of unread lines of all clients together. Each line counts with 200 bytes more than its text. Above the
   * limit, the server stops reading from the sockets of each client whose unread lines take an equal share of the limit
   * or more: the limit divided by the number of clients that have unread lines. Their links stay up. Default: an eighth
   * of the largest heap of this process (`--max-old-space-size`).
   */
  readonly maxTotalUnreadBytes?: number | undefined;
  /** Most known clients, up or down. At the limit, new ids that are not in `expected` are refused. Default 20,000. */
  readonly maxSessions?: number | undefined;
  /**
   * How long a client may be down before it is forgotten, ms: its connection is closed, and the client starts with a new session
   * when it connects again. A client is not forgotten while it is in `expected`, has lines in a queue, or its connection has a
   * listener, a waiting call or a loop. Put the ids of your own boards in `expected`. A client in a loop stays until you call
   * `forget`. Default: an hour.
   */
  readonly forgetAfterMs?: number | undefined;
}

export type ListenSettings = ReturnType<typeof listenSettings>;

const DEFAULTS = {
  ...LINK_DEFAULTS,
  settleMs: SESSION_DEFAULTS.settleMs,
  port: 8123 as number | false,
  tls: undefined as TlsListenOptions | undefined,
  host: undefined as string | undefined,
  exclusive: false,
  expected: [] as Iterable<string>,
  admit: 'any' as 'any' | 'expected',
  authorize: undefined as Authorize | undefined,
  proxyProtocol: undefined as Iterable<string> | undefined,
  onDuplicate: 'probe' as 'probe' | 'takeover' | 'reject',
  /** The process also needs a limit of open files above this (`ulimit -n`). */
  maxConnections: 20_000,
  maxConnectionsPerAddress: undefined as number | undefined,
  maxFailuresPerAddress: undefined as number | undefined,
  maxLinesPerSecond: undefined as number | undefined,
  maxBytesPerSecond: undefined as number | undefined,
  /**
   * An eighth of the heap, counted in UTF-8. In memory this is at most a quarter, because in a text that is not Latin each
   * character takes two bytes.
   */
  maxTotalUnreadBytes: Math.floor(getHeapStatistics().heap_size_limit / 8),
  maxSessions: 20_000,
  /** Long enough for a restart of a board, and for most power cuts. */
  forgetAfterMs: 3_600_000,
};

const OFF_BY_DEFAULT = [
  'maxConnectionsPerAddress',
  'maxFailuresPerAddress',
  'maxLinesPerSecond',
  'maxBytesPerSecond',
] as const;

/** @throws UsageError `ERR_BAD_OPTION`. */
export function listenSettings(options: ListenOptions) {
  const settings = linkSettings('server', options, DEFAULTS);
  if (settings.port !== false) requireInteger('port', settings.port, 0, 65535);
  else if (settings.tls === undefined)
    throw new UsageError('ERR_BAD_OPTION', 'port: false needs tls: otherwise there would be no port');
  requireInteger('maxConnections', settings.maxConnections, 1);
  for (const name of OFF_BY_DEFAULT) {
    if (settings[name] !== undefined) requireInteger(name, settings[name], 1);
  }
  requireInteger('maxSessions', settings.maxSessions, 1);
  requireInteger('maxTotalUnreadBytes', settings.maxTotalUnreadBytes, 1);
  requireInteger('forgetAfterMs', settings.forgetAfterMs, 1, LONGEST_TIMER_MS);
  if (typeof settings.exclusive !== 'boolean')
    throw new UsageError('ERR_BAD_OPTION', 'exclusive must be true or false');
  requireOneOf('admit', settings.admit, ['any', 'expected']);
  requireFunctions(settings, ['authorize']);
  requireOneOf('onDuplicate', settings.onDuplicate, ['probe', 'takeover', 'reject']);
  // An empty text, for instance from an environment variable that is not set, would mean all interfaces.
  if (settings.host !== undefined && (typeof settings.host !== 'string' || settings.host === '')) {
    throw new UsageError(
      'ERR_BAD_OPTION',
      'host must be an address to listen on; leave it out for all interfaces',
    );
  }
  const expected = idSet('expected', settings.expected);
  for (const id of expected) requireIdString(id, 'ERR_BAD_OPTION', 'an expected id');
  const { tls, proxyProtocol } = settings;
  return {
    ...settings,
    expected,
    tls: tls === undefined ? undefined : tlsSettings(tls),
    proxyProtocol: proxyProtocol && proxyList(idSet('proxyProtocol', proxyProtocol)),
  };
}

/**
 * Returns the ids of a list as a set.
 *
 * @throws UsageError `ERR_BAD_OPTION` for a value that is not a list or a set, such as a string.
 */
export function idSet(name: string, ids: Iterable<string>): ReadonlySet<string> {
  if (isList(ids)) return new Set(ids);
  throw new UsageError('ERR_BAD_OPTION', `${name} must be a list or set, not ${typeof ids}`);
}

export function isList(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}

/** Refuses an id that is not a string. Ids of clients are strings, so a wait for the number 1 would never end. */
export function requireIdString(id: unknown, code: 'ERR_BAD_OPTION' | 'ERR_BAD_ID', what = 'an id'): void {
  if (typeof id === 'string') return;
  throw new UsageError(code, `${what} must be a string, such as '1', not ${String(id)}`);
}
