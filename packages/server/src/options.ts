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
  /** 0 takes a free one, which `server.address.port` shows; false: none, for TLS alone. Default 8123. */
  readonly port?: number | false | undefined;
  /** A port for TLS, besides the plain one: with certificates, or with pre-shared keys. Default: none. */
  readonly tls?: TlsListenOptions | undefined;
  /** Address to listen on. Default: all interfaces. */
  readonly host?: string | undefined;
  /**
   * True in a cluster worker (`node:cluster`, pm2 in cluster mode): this worker has the port for itself. Without it,
   * `listen` is refused there, since the workers would share the port, and a client that reconnects would reach a process
   * that does not know its session. No effect elsewhere. Default false.
   */
  readonly exclusive?: boolean | undefined;
  /** Ids of the clients that are expected: `waitAll` waits for them, others are reported. */
  readonly expected?: Iterable<string> | undefined;
  /** `any` (the default) lets in clients that are not expected, as the originals do; `expected` refuses them. */
  readonly admit?: 'any' | 'expected' | undefined;
  /**
   * Asked about each client that says hello, after `admit`, at every link; may be async. True lets it in; anything else
   * refuses it, and a text says why in the event `refused` and the log, while the client hears no more than that it is
   * refused. What throws or rejects refuses too, and so does what takes longer than `timeout`, counted from the arrival
   * of the socket: then `signal` is aborted. Until it has answered, no line of the client is read, and a link that its id
   * has is left alone. Default: none, all are let in.
   */
  readonly authorize?: Authorize | undefined;
  /**
   * Addresses of load balancers that speak the PROXY protocol, version 2, such as `10.0.0.5` or `10.0.0.0/8`: each
   * connection from them, on both ports, begins with a header that has the address of the client, and is refused without
   * one. From any other address a header is no good hello. Default: none.
   */
  readonly proxyProtocol?: Iterable<string> | undefined;
  /**
   * What to do with a newcomer whose id has a link that is up: `probe` (the default) finds out within three quarters of
   * the timeout whether that link is alive, and refuses the newcomer if so; `takeover` hands over at once; `reject`
   * refuses at once (PROTOCOL.md section 5).
   */
  readonly onDuplicate?: 'probe' | 'takeover' | 'reject' | undefined;
  /** Sockets at a time on each port, with a hello or without; beyond it newcomers are refused at once. Default 20,000. */
  readonly maxConnections?: number | undefined;
  /**
   * Sockets of one address at a time, on all ports together; beyond it newcomers are refused. A site whose boards share one
   * address needs as many as it has boards, and some more for links that are being replaced. Default: no limit.
   */
  readonly maxConnectionsPerAddress?: number | undefined;
  /**
   * Attempts of one address that may fail in a minute: without a good hello, without a good TLS handshake, or with an id
   * that is not let in. Beyond it newcomers from there are refused for a second, and for twice as long each time that it
   * goes on, up to 30 s; links that there are go on. All clients of a site that share one address are refused then. The
   * 10,000 addresses that have failed last are remembered. Default: no limit.
   */
  readonly maxFailuresPerAddress?: number | undefined;
  /**
   * Lines a second that the program gets of one client, after a burst of one second's worth. A client that sends more is
   * slowed, once `maxUnreadLines` lines of it are unread: it gets no acks. Its link stays up, and nothing is lost. Default:
   * no limit.
   */
  readonly maxLinesPerSecond?: number | undefined;
  /** The same in bytes of UTF-8. A longer line passes, and those after it wait. Default: no limit. */
  readonly maxBytesPerSecond?: number | undefined;
  /**
   * Bytes that the unread lines of all clients together take, with 200 for each line: while it is more, the clients that
   * have more than the mean are slowed, since nothing more is read from their sockets. Their links stay up. Default: an
   * eighth of the heap that this process may have (`--max-old-space-size`).
   */
  readonly maxTotalUnreadBytes?: number | undefined;
  /** Clients remembered at a time, up or down; beyond it ids that are new and not expected are refused. Default 20,000. */
  readonly maxSessions?: number | undefined;
  /**
   * A client is forgotten when it is not expected, has been down for this time, has nothing queued, and nothing waits on
   * it, loops over it or listens to it: its connection is closed, and its id is new when it comes again. Default an hour.
   * Boards that you hold on to belong in `expected`; strangers that you loop over stay until you `forget` them.
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
  /** What one process reaches with the usual limit of open files. */
  maxConnections: 20_000,
  maxConnectionsPerAddress: undefined as number | undefined,
  maxFailuresPerAddress: undefined as number | undefined,
  maxLinesPerSecond: undefined as number | undefined,
  maxBytesPerSecond: undefined as number | undefined,
  /** A quarter of the heap at worst: in a text that is not Latin each character takes two bytes. */
  maxTotalUnreadBytes: Math.floor(getHeapStatistics().heap_size_limit / 8),
  maxSessions: 20_000,
  /** Longer than a board takes to be repaired by a restart, and a power cut is seldom longer. */
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
    throw new UsageError('ERR_BAD_OPTION', 'port may be false only beside tls: there would be no port');
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
  // An empty one, from a variable that is not set, would be all interfaces.
  if (settings.host !== undefined && (typeof settings.host !== 'string' || settings.host === '')) {
    throw new UsageError(
      'ERR_BAD_OPTION',
      'host must be an address to listen on; without it, all interfaces',
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
 * The ids in a list, each once.
 *
 * @throws UsageError `ERR_BAD_OPTION` for a value that is not a list; a string is not one either.
 */
export function idSet(name: string, ids: Iterable<string>): ReadonlySet<string> {
  if (isList(ids)) return new Set(ids);
  throw new UsageError('ERR_BAD_OPTION', `${name} must be a list or set, not ${typeof ids}`);
}

export function isList(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}

/** A number would be waited for in vain: what comes over the wire is a string. */
export function requireIdString(id: unknown, code: 'ERR_BAD_OPTION' | 'ERR_BAD_ID', what = 'an id'): void {
  if (typeof id === 'string') return;
  throw new UsageError(code, `${what} must be a string, such as '1', not ${String(id)}`);
}
