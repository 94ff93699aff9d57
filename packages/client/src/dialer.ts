/**
 * Keeps a client connected: connects the network if that is its to look after, dials, hands each connected socket to the
 * pump, waits for the end of the link, leaves the network, and all of it again, until it is stopped.
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

/** What a dialer drives. */
export interface DialerParts {
  readonly pump: Pump;
  /** Undefined when the operating system looks after the network. */
  readonly network: NetworkKeeper | undefined;
  readonly log: LinkLog;
}

/** What a server can say besides that it ends the link, and what it means here. */
const REFUSALS: Partial<Record<Told['code'], { readonly errorCode: ErrorCode; readonly what: string }>> = {
  refused: { errorCode: 'ERR_REFUSED', what: 'refuses the id ID' },
  duplicate: {
    errorCode: 'ERR_DUPLICATE',
    what: 'has a link with another client of the id ID, which is alive',
  },
  busy: { errorCode: 'ERR_BUSY', what: 'takes no links for now' },
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
  /** The link has been up: the hooks are not asked any more. */
  #everUp = false;
  #steps = 0;
  /** The server has asked for a pause of this many ms. */
  #notBefore = 0;
  /** It waits for a timer or a hook of the application, for as long as that takes. */
  #waiting = false;

  constructor(settings: ConnectSettings, { pump, network, log }: DialerParts) {
    this.#settings = settings;
    this.#backoff = new Backoff(settings.backoff);
    this.#names = new NameLookup(settings.host, this.#stop.signal);
    this.#pump = pump;
    this.#network = network;
    this.#log = log;
  }

  /** Another number each time that it is asked, unless nothing has moved since. */
  get progress(): number {
    if (this.#waiting) this.#steps += 1;
    return this.#steps + this.#pump.runs;
  }

  /** Runs until stopped; never rejects. `failed` is called when there was no first link and a hook gave up. */
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
      this.#log.write('error', 'gave up: there was no first link', {
        code: (error as { code?: unknown } | null)?.code,
      });
      failed(error);
    }
  }

  stop(): void {
    this.#stop.abort();
  }

  /** One link, from the network to the end of the link, and what follows from its end. */
  async #attempt(): Promise<void> {
    const error = await this.#link();
    // A failure and the close may come in one turn: no hook is called after the close.
    this.#stop.signal.throwIfAborted();
    if (!this.#everUp) {
      this.#log.write('warn', 'there is no first link yet', { code: error.code, why: error.message });
      // Not waited for beyond `stop`: the hook may sleep, or be the one that closes the client.
      await this.#wait(withTimeout(this.#ask(error), this.#stop.signal));
    } else if (error.code !== 'ERR_LINK_LOST') {
      // A certificate that has expired gets no better by itself.
      const level = error.code === 'ERR_TLS' ? 'warn' : 'debug';
      this.#log.write(level, 'no link', { code: error.code, why: error.message });
    }
    await this.#leaveNetwork();
  }

  /** Asks the hook about a failure; one that rejects without a reason gives up for that failure. */
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

  /** Says why it failed or ended. What goes on after the network was joined ends at once when that goes. */
  async #link(): Promise<LinkError> {
    const end = new AbortController();
    const stop = () => {
      end.abort(this.#stop.signal.reason);
    };
    const lost = () => {
      if (end.signal.aborted) return;
      this.#log.write('warn', 'the network has gone');
      end.abort(new LinkError('ERR_NETWORK', 'the network has gone: is its signal strong enough?'));
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

  /** The link on this socket, until its end. */
  async #live(socket: Socket, ended: AbortSignal): Promise<LinkError> {
    const { host, port, timeout, tls } = this.#settings;
    let failure: Error | undefined;
    socket.once('error', (error) => (failure = error));
    const before = this.#pump.stats.outages;
    const openedAt = nodeClock.now();
    this.#pump.attach(new TcpTransport(socket));
    await this.#pump.linkEnd();
    this.#stop.signal.throwIfAborted();
    const wasUp = this.#pump.stats.outages > before;
    if (wasUp && this.#pump.stats.protocol !== undefined) this.#everUp = true;
    // A link that is ended at once, over and over, is no reason to hurry.
    if (wasUp && nodeClock.now() - openedAt >= timeout) this.#backoff.reset();
    const { told } = this.#pump.session;
    if (told !== undefined && REFUSALS[told.code] !== undefined) return this.#refused(told);
    if (!wasUp) {
      ended.throwIfAborted();
      // In TLS 1.3 the server looks at this client's certificate when the client is done.
      if (tls !== undefined && failure !== undefined) return tls.failure(failure);
      return new LinkError(
        'ERR_NO_FIRST_BYTE',
        `${host}:${port} took the connection and did not answer: is it an IOT server, the id expected and free, and the round trip shorter than 2 × timeout (${2 * timeout} ms)? If it is longer, raise timeout at both ends`,
      );
    }
    this.#everUp = true;
    return new LinkError('ERR_LINK_LOST', `the link to ${host}:${port} was lost`);
  }

  /** The server said why it ended the link, and when to come again. */
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

  /** As the MicroPython original: the network may be the cause of an outage, so its hardware is restarted. */
  async #leaveNetwork(): Promise<void> {
    const failure = await this.#network?.down(this.#stop.signal);
    this.#steps += 1;
    if (failure !== undefined) this.#log.write('warn', 'the network was not left', { why: failure.message });
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
