/**
 * Keeps a client connected. The dialer repeats these steps until it is stopped: connect the board to its network (only with
 * the option `network`), connect to the server, attach the socket to the pump, wait for the end of the link, and leave the
 * network. A pause (`backoff.ts`) comes before each round.
 *
 * Until the link has been up for the first time, each failure is passed to a hook of the application, `badWifi` or `badServer`.
 * The hook decides whether the client tries again or is closed.
 */
import { LinkError, type ErrorCode } from '@iot/framing';
import type { Pump, Told } from '@iot/connection';
import type { LinkLog } from '@iot/connection/internal';
import { nodeClock, TcpTransport } from '@iot/connection/node';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Backoff } from './backoff.js';
import { withTimeout } from './with-timeout.js';
import { dial } from './dial.js';
import { NameLookup } from './name-lookup.js';
import type { NetworkKeeper } from './network/keeper.js';
import type { ConnectSettings } from './options.js';

/** The parts that a dialer uses. */
export interface DialerParts {
  readonly pump: Pump;
  /** Undefined when the operating system manages the network. */
  readonly network: NetworkKeeper | undefined;
  readonly log: LinkLog;
}

/** The reasons for which a server refuses a link, and the error that each of them causes here. */
const REFUSALS: Partial<Record<Told['code'], { readonly errorCode: ErrorCode; readonly what: string }>> = {
  refused: { errorCode: 'ERR_REFUSED', what: 'refuses the id ID' },
  duplicate: {
    errorCode: 'ERR_DUPLICATE',
    what: 'has a working link with another client that has the id ID',
  },
  busy: { errorCode: 'ERR_BUSY', what: 'accepts no links at the moment' },
};

export class Dialer {
  readonly #settings: ConnectSettings;
  readonly #pump: Pump;
  readonly #network: NetworkKeeper | undefined;
  readonly #log: LinkLog;
  readonly #backoff: Backoff;
  readonly #stop = new AbortController();
  readonly #names: NameLookup;
  readonly #failures = { badWifi: 0, badServer: 0 };
  /** True once the link has been up. The hooks are not called any more then. */
  #everUp = false;
  #steps = 0;
  /** The pause that the server has asked for, ms. */
  #notBefore = 0;
  /** True while the dialer waits for a timer or a hook of the application. There is no limit for these waits. */
  #waiting = false;

  constructor(settings: ConnectSettings, { pump, network, log }: DialerParts) {
    this.#settings = settings;
    this.#backoff = new Backoff(settings.backoff);
    this.#names = new NameLookup(settings.host, this.#stop.signal);
    this.#pump = pump;
    this.#network = network;
    this.#log = log;
  }

  /** For the watchdog: a number that changes between two reads, unless the client made no progress in between. */
  get progress(): number {
    if (this.#waiting) this.#steps += 1;
    return this.#steps + this.#pump.runs;
  }

  /** Runs until `stop`. Never rejects. `failed` is called when a hook rejects, which is possible only before the first link. */
  async run(failed: (error: unknown) => void): Promise<void> {
    const { signal } = this.#stop;
    try {
      for (;;) {
        const pauseMs = Math.max(this.#backoff.next(), this.#notBefore);
        this.#notBefore = 0;
        await this.#wait(sleep(pauseMs, undefined, { signal }));
        await this.#attempt();
      }
    } catch (error) {
      if (signal.aborted) return;
      this.#log.write('error', 'gave up: the link has never been up', {
        code: (error as { code?: unknown } | null)?.code,
      });
      failed(error);
    }
  }

  stop(): void {
    this.#stop.abort();
  }

  /** One round: connects, waits for the end of the link, and reports the reason to a hook or to the log. */
  async #attempt(): Promise<void> {
    const error = await this.#link();
    // The client may have been closed in the same turn. No hook is called after the close.
    this.#stop.signal.throwIfAborted();
    if (!this.#everUp) {
      this.#log.write('warn', 'the link has not been up yet', { code: error.code, why: error.message });
      // `stop` ends this wait: the hook may take long, or may itself wait for the close of the client.
      await this.#wait(withTimeout(this.#ask(error), this.#stop.signal));
    } else if (error.code !== 'ERR_LINK_LOST') {
      // A TLS failure is a warning, because somebody has to act: an expired certificate, for instance, must be renewed.
      const level = error.code === 'ERR_TLS' ? 'warn' : 'debug';
      this.#log.write(level, 'an attempt to connect failed', { code: error.code, why: error.message });
    }
    await this.#leaveNetwork();
  }

  /** Calls the hook for a failure. If the hook rejects without a reason, this rejects with the failure. */
  async #ask(error: LinkError): Promise<void> {
    const hook = error.code === 'ERR_NETWORK' ? 'badWifi' : 'badServer';
    const attempt = ++this.#failures[hook];
    try {
      await this.#settings[hook](error, { attempt, signal: this.#stop.signal });
    } catch (reason) {
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- the reason is the application's
      throw reason ?? error;
    }
  }

  /**
   * Connects the network and the link, and waits for its end. Returns the reason why it failed or ended. When the network is
   * lost meanwhile, the attempt or the link ends at once.
   */
  async #link(): Promise<LinkError> {
    const end = new AbortController();
    const stop = () => {
      end.abort(this.#stop.signal.reason);
    };
    const lost = () => {
      if (end.signal.aborted) return;
      this.#log.write('warn', 'the network was lost');
      end.abort(new LinkError('ERR_NETWORK', 'the network was lost: is its signal strong enough?'));
      this.#pump.detach();
    };
    this.#stop.signal.addEventListener('abort', stop, { once: true });
    let unwatch: (() => void) | undefined;
    try {
      await this.#joinNetwork();
      this.#steps += 1;
      unwatch = this.#network?.onLost(lost);
      const socket = await dial(this.#settings, this.#names, end.signal);
      if (end.signal.aborted) socket.destroy();
      end.signal.throwIfAborted();
      return await this.#live(socket, end.signal);
    } catch (error) {
      if (error instanceof LinkError) return error;
      throw error;
    } finally {
      unwatch?.();
      this.#stop.signal.removeEventListener('abort', stop);
      this.#steps += 1;
    }
  }

  /** Runs the link on this socket until its end, and returns the reason. */
  async #live(socket: Socket, ended: AbortSignal): Promise<LinkError> {
    const { host, port, timeout, tls } = this.#settings;
    let failure: Error | undefined;
    socket.once('error', (error) => (failure = error));
    const before = this.#pump.stats.outages;
    const openedAt = nodeClock.now();
    this.#pump.attach(new TcpTransport(socket));
    await this.#pump.linkEnd();
    this.#stop.signal.throwIfAborted();
    // `outages` counts links that were up and have ended. If this one had decided the version of the protocol, the server had
    // accepted this client, even if the server then ended the link with a reason.
    const wasUp = this.#pump.stats.outages > before;
    if (wasUp && this.#pump.stats.protocol !== undefined) this.#everUp = true;
    // After a short link the backoff continues: a server that ends every link at once is not contacted without pause.
    if (wasUp && nodeClock.now() - openedAt >= timeout) this.#backoff.reset();
    const { told } = this.#pump.session;
    if (told !== undefined && REFUSALS[told.code] !== undefined) return this.#refused(told);
    if (!wasUp) {
      ended.throwIfAborted();
      // In TLS 1.3 the server checks the client's certificate after the handshake is complete at the client.
      if (tls !== undefined && failure !== undefined) return tls.failure(failure);
      return new LinkError(
        'ERR_NO_FIRST_BYTE',
        `${host}:${port} accepted the connection and sent nothing: is it an IOT server? Does it expect this id, and is no other client using the id? Is the round trip shorter than 2 × timeout (${2 * timeout} ms)? If not, raise timeout at both ends`,
      );
    }
    this.#everUp = true;
    return new LinkError('ERR_LINK_LOST', `the link to ${host}:${port} was lost`);
  }

  /** The server refused the link. It sent the reason, and how long to wait before the next attempt. */
  #refused({ code, text, waitMs }: Told): LinkError {
    const { id, host, port, backoff } = this.#settings;
    this.#notBefore = Math.min(waitMs, backoff.maxMs);
    const { errorCode, what } = REFUSALS[code]!;
    return new LinkError(errorCode, `${host}:${port} ${what.replace('ID', JSON.stringify(id))}: ${text}`);
  }

  async #joinNetwork(): Promise<void> {
    const network = this.#network;
    if (network === undefined) return;
    const connects = network.connects;
    await network.up(this.#stop.signal);
    if (network.connects > connects)
      this.#log.write('info', 'the network is connected', { connects: network.connects });
  }

  /** Like the MicroPython original: the network may be the cause of an outage, so it is left and connected again. */
  async #leaveNetwork(): Promise<void> {
    const failure = await this.#network?.down(this.#stop.signal);
    this.#steps += 1;
    if (failure !== undefined)
      this.#log.write('warn', 'the network was not disconnected', { why: failure.message });
  }

  async #wait(promise: Promise<unknown>): Promise<void> {
    this.#waiting = true;
    try {
      await promise;
    } finally {
      this.#waiting = false;
    }
  }
}
