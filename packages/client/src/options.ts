import { checkId, UsageError, type LinkError } from '@iot/framing';
import { requireInteger } from '@iot/qos';
import { LINK_DEFAULTS, withDefaults, type LinkOptions } from '@iot/connection';

/** What `badServer` is told besides the error. */
export interface BadServerContext {
  /** How many attempts have failed: 1 at the first call. */
  readonly attempt: number;
  /** Aborted when the client is closed. */
  readonly signal: AbortSignal;
}

export interface ConnectOptions extends LinkOptions {
  /** This client's id, unique among the server's clients. A newline at its end is stripped. */
  readonly id: string;
  /** Name or address of the server. A name is looked up at each attempt, and all its addresses are tried. */
  readonly host: string;
  /** Default 8123. */
  readonly port?: number | undefined;
  /** Bounds one attempt to connect, over all addresses. Default 5000. */
  readonly connectTimeoutMs?: number | undefined;
  /**
   * Called when an attempt fails (refused, name not found, no first byte) before the link has ever been up; after that
   * the client reconnects by itself, for ever. Resolve to try again after the usual backoff; reject to close the client,
   * whose `ready()` then rejects. The default rejects with the error.
   */
  readonly badServer?: ((error: LinkError, context: BadServerContext) => void | Promise<void>) | undefined;
}

export type ConnectSettings = ReturnType<typeof connectSettings>;

const DEFAULTS = {
  ...LINK_DEFAULTS,
  port: 8123,
  connectTimeoutMs: 5000,
  /** As the seed: who wants to wait for a server that is not there yet says so. */
  badServer: (error: LinkError): void | Promise<void> => {
    throw error;
  },
};

/** A longer timer of Node's goes off at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** @throws UsageError `ERR_BAD_ID`, `ERR_BAD_OPTION`. */
export function connectSettings(options: ConnectOptions) {
  const settings = withDefaults(DEFAULTS, options);
  if (typeof settings.host !== 'string' || settings.host === '') {
    throw new UsageError('ERR_BAD_OPTION', 'host must be the name or address of the server');
  }
  requireInteger('port', settings.port, 1, 65535);
  requireInteger('connectTimeoutMs', settings.connectTimeoutMs, 1, LONGEST_TIMER_MS);
  requireInteger('maxUnsentLines', settings.maxUnsentLines, 1);
  requireInteger('maxIdBytes', settings.maxIdBytes, 1);
  if (typeof settings.badServer !== 'function')
    throw new UsageError('ERR_BAD_OPTION', 'badServer must be a function');
  return { ...settings, id: checkId(settings.id, settings.maxIdBytes) };
}
