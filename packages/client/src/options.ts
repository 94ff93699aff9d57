/** The options of `connect`, their defaults and their checks. */
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

/** The second argument of `badServer` and `badWifi`. */
export interface FirstFailureContext {
  /** How many attempts have failed in this way: 1 at the first call. */
  readonly attempt: number;
  /** Aborted when the client is closed. */
  readonly signal: AbortSignal;
}

/**
 * The pause before an attempt to connect. There is no pause before the first attempt, and none after a link that lasted.
 * Otherwise the pause is a random time between 0 and a bound. The bound begins at `minMs` and doubles with each failure up to
 * `maxMs`.
 */
export interface BackoffOptions {
  /** At least 1. Default 100. */
  readonly minMs?: number | undefined;
  /** At least `minMs`. Default 5000, or `minMs` if that is longer. */
  readonly maxMs?: number | undefined;
}

export interface ConnectOptions extends LinkOptions {
  /** This client's id. It must be unique among the clients of the server. A newline at its end is stripped. */
  readonly id: string;
  /** Name or address of the server. A name is looked up at each attempt, and all its addresses are tried. */
  readonly host: string;
  /** Default 8123; with `tls` 8124. */
  readonly port?: number | undefined;
  /** Encrypts and authenticates the link, with certificates or with a pre-shared key. Default: no TLS. */
  readonly tls?: TlsConnectOptions | undefined;
  /** The longest time of one attempt to connect, for all addresses together; ms. Default 5000. */
  readonly connectTimeoutMs?: number | undefined;
  /** The pause between attempts to connect. */
  readonly backoff?: BackoffOptions | undefined;
  /**
   * Called when an attempt fails before the link has ever been up. Reasons are: connection refused, name not found, TLS, no
   * first byte from the server. If the hook resolves, the client tries again after the usual backoff. If it rejects, the client
   * is closed and `ready()` rejects. The default rejects with the error. Once the link has been up, the client reconnects
   * indefinitely and does not call the hook.
   */
  readonly badServer?: FirstFailureHook | undefined;
  /** Connects the board to its network (WiFi), such as `networkManager()`. Default: none, the operating system does it. */
  readonly network?: Network | undefined;
  /** The longest time of one attempt to connect to the network, ms. Default 10,000. */
  readonly networkTimeoutMs?: number | undefined;
  /** The network counts as connected once it has stayed connected for this time, ms. Default 3000. */
  readonly networkStableMs?: number | undefined;
  /**
   * Like `badServer`, but called when the board cannot connect to its network before the link has ever been up. The default:
   * the client keeps trying if `network` was given credentials, and is closed otherwise.
   */
  readonly badWifi?: FirstFailureHook | undefined;
  /**
   * Ends the process with exit code 87 when its main loop hangs, or this client makes no progress, for 20 seconds (or
   * `timeoutMs`). A supervisor can then start the process again. Default: off.
   */
  readonly watchdog?: boolean | WatchdogOptions | undefined;
  /** Limits for the lines that wait in a long outage. They replace `maxUnsentLines`. Default: none. */
  readonly offline?: OfflineOptions | undefined;
  /** Called on each received keepalive, such as `linuxLed('ACT')`. An error that it throws becomes an uncaught exception. */
  readonly heartbeat?: (() => void) | undefined;
}

/** Called for a failure before the link has ever been up. Resolve to try again. Reject to close the client. */
export type FirstFailureHook = (error: LinkError, context: FirstFailureContext) => void | Promise<void>;

export type ConnectSettings = ReturnType<typeof connectSettings>;

const DEFAULTS = {
  port: undefined as number | undefined,
  tls: undefined as TlsConnectOptions | undefined,
  connectTimeoutMs: 5000,
  backoff: {} as BackoffOptions,
  /** Like the MicroPython original: without a hook, the client does not wait for a server that is not running yet. */
  badServer: giveUp,
  network: undefined as Network | undefined,
  /** The value of the MicroPython original. */
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
  // Like the MicroPython original: with credentials, the client tries to connect to the network indefinitely.
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

/** `maxMs` is the longest time after which a client finds a server that is back. */
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
 * The longest time for which a working client may seem to make no progress: a quarter more than the longest time that it waits
 * for anything. The margin is needed because the watchdog checks only eight times within its timeout, and can notice progress
 * one and a half checks late.
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
