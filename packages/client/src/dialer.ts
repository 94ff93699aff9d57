/**
 * Keeps a client connected: dials, hands each connected socket to the pump, waits for the end of the link, dials again,
 * until it is stopped.
 */
import { LinkError } from '@iot/framing';
import type { Pump } from '@iot/connection';
import { nodeClock, TcpTransport } from '@iot/connection/node';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Backoff } from './backoff.js';
import { bounded } from './bounded.js';
import { dial } from './dial.js';
import type { ConnectSettings } from './options.js';

/** What the dialer asks of the connection. */
export interface Dialled {
  readonly pump: Pump;
  /** How many times the link came up. */
  readonly connects: number;
  /** No first link, and `badServer` gave up. */
  failed(error: unknown): void;
}

export class Dialer {
  readonly #settings: ConnectSettings;
  readonly #backoff = new Backoff();
  readonly #stop = new AbortController();

  constructor(settings: ConnectSettings) {
    this.#settings = settings;
  }

  /** Runs until stopped; never rejects. */
  async run(client: Dialled): Promise<void> {
    const { signal } = this.#stop;
    try {
      for (let attempt = 1; ; attempt++) {
        await sleep(this.#backoff.next(), undefined, { signal });
        const error = await this.#link(client);
        // Not waited for beyond `stop`: the hook may sleep, or be the one that closes the client.
        if (client.connects === 0) await bounded(this.#badServer(error, attempt), signal);
      }
    } catch (error) {
      if (!signal.aborted) client.failed(error);
    }
  }

  async #badServer(error: LinkError, attempt: number): Promise<void> {
    await this.#settings.badServer(error, { attempt, signal: this.#stop.signal });
  }

  stop(): void {
    this.#stop.abort();
  }

  /** One link, from dialling to its end; says why it failed or ended. */
  async #link(client: Dialled): Promise<LinkError> {
    const { host, port, timeout } = this.#settings;
    let socket: Socket;
    try {
      socket = await dial(this.#settings, this.#stop.signal);
    } catch (error) {
      if (error instanceof LinkError) return error;
      throw error;
    }
    if (this.#stop.signal.aborted) socket.destroy();
    this.#stop.signal.throwIfAborted();
    const connects = client.connects;
    const openedAt = nodeClock.now();
    client.pump.attach(new TcpTransport(socket));
    await client.pump.linkEnd();
    this.#stop.signal.throwIfAborted();
    if (client.connects === connects) {
      return new LinkError(
        'ERR_NO_FIRST_BYTE',
        `${host}:${port} took the connection and did not answer: is it an IOT server, and the id free?`,
      );
    }
    // A link that is ended at once, over and over, is no reason to hurry.
    if (nodeClock.now() - openedAt >= timeout) this.#backoff.reset();
    return new LinkError('ERR_LINK_LOST', `the link to ${host}:${port} was lost`);
  }
}
