import type { OfflineOptions } from '@iot/connection';
import { LINK_DEFAULTS, linkSettings, offlineSettings, type LinkOptions } from '@iot/connection/internal';
import { checkId, UsageError, type LinkError } from '@iot/framing';
import {
  LONGEST_TIMER_MS,
  requireFunctions,
  requireInteger,
  requireKnownOptions,
  requireMethods,
} from '@iot/qos/internal';
import type { BackoffSettings } from './backoff.js';
import type { Network } from './network/network.js';
import { Tls, type TlsConnectOptions } from './tls.js';
import { watchdogSettings, type WatchdogOptions } from './watchdog/options.js';

/** What `badServer` and `badWifi` get besides the error. */
export interface FirstFailureContext {
  /** How many attempts have failed in this way: 1 at the first call. */
  readonly attempt: number;
  /** Aborted when the client is closed. */
  readonly signal: AbortSignal;
}

/**
 * The pause before an attempt to connect: none before the first and after a link that lasted, then a random time up to a
 * bound, which begins at `minMs` and doubles with each failure up to `maxMs`.
 */
export interface BackoffOptions {
  /** At least 1. Default 100. */
  readonly minMs?: number | undefined;
  /** At least `minMs`. Default 5000, or `minMs` where that is longer. */
  readonly maxMs?: number | undefined;
}

export interface ConnectOptions extends LinkOptions {
  /** This client's id, unique among the server's clients. A newline at its end is stripped. */
  readonly id: string;
  /**
   * Name or address of the server. A name is looked up at each attempt, at most one lookup at a time, and all its
   * addresses are tried.
   */
  readonly host: string;
  /** Default 8123; with `tls` 8124. */
  readonly port?: number | undefined;
  /** Encrypts the link, and proves the ends to each other: with certificates, or with a pre-shared key. Default: none. */
  readonly tls?: TlsConnectOptions | undefined;
  /** Bounds one attempt to connect, over all addresses. Default 5000. */
  readonly connectTimeoutMs?: number | undefined;
  /** How long to wait between attempts to connect. */
  readonly backoff?: BackoffOptions | undefined;
  /**
   * Called when an attempt fails (refused, name not found, TLS, no first byte) before the link has ever been up; after that
   * the client reconnects by itself, indefinitely. Resolve to try again after the usual backoff; reject to close the client,
   * whose `ready()` then rejects. The default rejects with the error.
   */
  readonly badServer?: FirstFailureHook | undefined;
  /** What looks after the board's network (WiFi), such as `networkManager()`. Default: none, the operating system does. */
  readonly network?: Network | undefined;
  /** Bounds one attempt to connect the network. Default 10,000. */
  readonly networkTimeoutMs?: number | undefined;
  /** The network counts as connected when it has stayed so for this long. Default 3000. */
  readonly networkStableMs?: number | undefined;
  /**
   * Called when the network cannot be connected before the link has ever been up; as `badServer`. By default the client
   * keeps trying if the network was given credentials, and is closed if not.
   */
  readonly badWifi?: FirstFailureHook | undefined;
  /**
   * Ends the process with exit code 87 when its main loop, or this client, has stopped for 20 seconds (or `timeoutMs`),
   * so that a supervisor starts it again. Default: off.
   */
  readonly watchdog?: boolean | WatchdogOptions | undefined;
  /** What becomes of lines in an outage that lasts, in place of `maxUnsentLines`. Default: none. */
  readonly offline?: OfflineOptions | undefined;
  /** Called on each keepalive received, such as `linuxLed('ACT')`. What it throws becomes an uncaught exception. */
  readonly heartbeat?: (() => void) | undefined;
}

/** Asked about a failure before the link has ever been up: resolve to try again, reject to close the client. */
export type FirstFailureHook = (error: LinkError, context: FirstFailureContext) => void | Promise<void>;

export type ConnectSettings = ReturnType<typeof connectSettings>;

const DEFAULTS = {
  port: undefined as number | undefined,
  tls: undefined as TlsConnectOptions | undefined,
  connectTimeoutMs: 5000,
  backoff: {} as BackoffOptions,
  /** As the MicroPython original: waiting for a server that is not there yet has to be asked for. */
  badServer: giveUp,
  network: undefined as Network | undefined,
  /** As the MicroPython original. */
  networkTimeoutMs: 10_000,
  networkStableMs: 3000,
  watchdog: false as boolean | WatchdogOptions,
  heartbeat: undefined as (() => void) | undefined,
  offline: undefined as OfflineOptions | undefined,
  ...LINK_DEFAULTS,
};

/** @throws UsageError `ERR_BAD_ID`, `ERR_BAD_OPTION`. */
export function connectSettings(options: ConnectOptions) {
  const given = linkSettings('client', options, DEFAULTS, ['id', 'host', 'badWifi']);
  // As the MicroPython original: credentials that were given are tried indefinitely.
  const settings = {
    ...given,
    port: given.port ?? (given.tls === undefined ? 8123 : 8124),
    badWifi: given.badWifi ?? (given.network?.hasCredentials ? keepTrying : giveUp),
  };
  if (typeof settings.host !== 'string' || settings.host === '') {
    throw new UsageError('ERR_BAD_OPTION', 'host must be the name or address of the server');
  }
  requireInteger('port', settings.port, 1, 65535);
  requireInteger('connectTimeoutMs', settings.connectTimeoutMs, 1, LONGEST_TIMER_MS);
  requireInteger('networkTimeoutMs', settings.networkTimeoutMs, 1, LONGEST_TIMER_MS);
  requireInteger('networkStableMs', settings.networkStableMs, 0, LONGEST_TIMER_MS);
  requireFunctions(settings, ['badServer', 'badWifi', 'heartbeat']);
  if (settings.network !== undefined) requireMethods('network', settings.network, NETWORK_METHODS);
  const id = checkId(settings.id, settings.maxIdBytes);
  return {
    ...settings,
    id,
    tls: settings.tls === undefined ? undefined : new Tls(settings.tls, id, settings.host),
    backoff: backoffSettings(settings.backoff),
    offline:
      settings.offline === undefined ? undefined : offlineSettings(settings.offline, settings.maxLineBytes),
    watchdog:
      settings.watchdog === false ? undefined : watchdogSettings(settings.watchdog, longestPauseMs(settings)),
  };
}

/** A server that is back is found again within the longest pause. */
const BACKOFF = { minMs: 100, maxMs: 5000 };

function backoffSettings(options: BackoffOptions): BackoffSettings {
  requireKnownOptions(options, Object.keys(BACKOFF), 'backoff.');
  const { minMs = BACKOFF.minMs } = options;
  const { maxMs = Math.max(minMs, BACKOFF.maxMs) } = options;
  requireInteger('backoff.minMs', minMs, 1, LONGEST_TIMER_MS);
  requireInteger('backoff.maxMs', maxMs, minMs, LONGEST_TIMER_MS);
  return { minMs, maxMs };
}

/**
 * The longest time for which a client that works may seem to make no progress. A quarter more than its longest wait: the
 * watchdog looks eight times in its own time, and sees a move up to one and a half looks late.
 */
function longestPauseMs(settings: typeof DEFAULTS): number {
  const { timeout, connectTimeoutMs, networkTimeoutMs, networkStableMs, network } = settings;
  const networkMs = network ? 2 * networkTimeoutMs + networkStableMs : 0;
  return Math.ceil(1.25 * Math.max(2 * timeout, connectTimeoutMs, networkMs));
}

function giveUp(error: LinkError): void {
  throw error;
}

function keepTrying(): void {}

const NETWORK_METHODS = ['isConnected', 'connect', 'disconnect', 'onChange'];
