/**
 * `Uplink` is the bridge's link to the server, for one configuration of the board. It has the client, the board's lines
 * that the server has not acked, and the server's line that the board has not received. It survives the channels to the
 * board, so a reset of the bridge by the board loses none of these lines.
 */
import type { ConnectOptions, Network } from '@iot/client';
import type { Clock, Connection } from '@iot/connection';
import { LinkError, type PeerError } from '@iot/framing';
import type { LinkConfig } from '../messages/config.js';
import type { BoardLine, Report } from '../messages/conversation.js';
import { freemem } from 'node:os';

export interface UplinkOptions {
  readonly clock: Clock;
  readonly maxLineBytes: number;
  readonly connect: (options: ConnectOptions) => Connection;
  readonly network: ((credentials: { ssid?: string; password?: string }) => Network) | undefined;
}

export interface UplinkHandlers {
  /** The state has changed: it may now be possible to move a line. */
  changed(): void;
  /** The link to the server has come up or gone down. */
  state(up: boolean): void;
  /** WiFi or the first connection has failed. The uplink does nothing more. */
  stopped(error: unknown): void;
  peerError(error: PeerError): void;
}

/** How long to retry while there is no network: a machine that has just booted needs some seconds for it. */
const NETWORK_MS = 20_000;
/** Error codes of a failed connection which mean that this machine has no network. They say nothing about the server. */
const NO_NETWORK = ['EAI_AGAIN', 'ENETDOWN', 'ENETUNREACH', 'EHOSTUNREACH', 'EADDRNOTAVAIL'];

export class Uplink {
  readonly config: LinkConfig;
  readonly #handlers: UplinkHandlers;
  readonly #client: Connection | undefined;
  readonly #clock: Clock;
  readonly #startedAt: number;
  #stopped: 'no-wifi' | 'no-server' | undefined;
  #closed = false;
  #line: string | undefined;
  /** Set while the server's next line is being read. */
  #asking: AbortController | undefined;
  /** The board's lines. The first one has been sent and is not acked. */
  readonly #lines: BoardLine[] = [];
  #reports = 0;

  constructor(config: LinkConfig, options: UplinkOptions, handlers: UplinkHandlers) {
    this.config = config;
    this.#handlers = handlers;
    this.#clock = options.clock;
    this.#startedAt = this.#clock.now();
    this.#client = this.#connect(options);
    if (this.#client !== undefined) this.#follow(this.#client);
  }

  get up(): boolean {
    return this.#client?.status ?? false;
  }

  /** True once the link to the server has been up. */
  get everUp(): boolean {
    return (this.#client?.connects ?? 0) > 0;
  }

  /** Why the uplink does nothing more; undefined while it works. */
  get stopped(): 'no-wifi' | 'no-server' | undefined {
    return this.#stopped;
  }

  /** True when the next line of the board can be sent at once: the link has been up, and all lines are acked. */
  get takes(): boolean {
    return this.everUp && this.#lines.length === 0 && this.#stopped === undefined;
  }

  report(): Report {
    return { connects: this.#client?.connects ?? 0, count: this.#reports++, freeMemory: freemem() };
  }

  /** The server's line that the board has not received yet. */
  get line(): string | undefined {
    return this.#line;
  }

  /** The board has received `line`. */
  given(): void {
    this.#line = undefined;
  }

  /** The board is ready for a line: reads the server's next line, and so acks it, as soon as it arrives. */
  ask(): void {
    if (this.#client === undefined || this.#line !== undefined || this.#asking !== undefined) return;
    this.#asking = new AbortController();
    void this.#read(this.#client, this.#asking.signal);
  }

  /** No board is connected: stops reading. */
  unask(): void {
    this.#asking?.abort();
    this.#asking = undefined;
  }

  /** Queues a line of the board. It goes out when the server has acked the lines before it. */
  send(line: BoardLine): void {
    this.#lines.push(line);
    if (this.#lines.length === 1) this.#sendNext();
  }

  /** Resolves once everything is released. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#client?.close();
  }

  #sendNext(): void {
    const [line] = this.#lines;
    if (line === undefined) return;
    const sent = () => {
      this.#lines.shift();
      this.#sendNext();
      this.#handlers.changed();
    };
    // The write fails only when the client closes, and the client's event `close` reports that.
    this.#client?.write(line.text, line.flags).then(sent, sent);
  }

  #connect(options: UplinkOptions): Connection | undefined {
    const { id, host, port, timeout } = this.config;
    try {
      return options.connect({
        id,
        host,
        port,
        timeout,
        maxLineBytes: options.maxLineBytes,
        // Only the line that goes to the board next is acked. Other lines stay in the server.
        ackWhen: 'read',
        ...(options.network && { network: this.#network(options.network) }),
        badWifi: (error) => this.#waitForNetwork(error),
        badServer: (error) => {
          if (!isWithoutNetwork(error)) throw error;
          this.#waitForNetwork(error);
        },
      });
    } catch (error) {
      // Report it only after the constructor has returned.
      queueMicrotask(() => this.#stop(error));
      return undefined;
    }
  }

  /** @throws `error` once `NETWORK_MS` are over. */
  #waitForNetwork(error: LinkError): void {
    if (this.#clock.now() - this.#startedAt >= NETWORK_MS) throw error;
  }

  /** @throws LinkError `ERR_NETWORK` when the credentials cannot be used: then WiFi cannot be connected. */
  #network(make: NonNullable<UplinkOptions['network']>): Network {
    const { ssid, password } = this.config;
    try {
      return make({ ...(ssid !== '' && { ssid }), ...(password !== '' && { password }) });
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new LinkError('ERR_NETWORK', `the board's WiFi credentials cannot be used: ${why}`, { cause });
    }
  }

  #follow(client: Connection): void {
    client.on('state', (up) => this.#handlers.state(up));
    client.on('peerError', (error) => this.#handlers.peerError(error));
    client.on('close', (error) => this.#stop(error));
  }

  async #read(client: Connection, signal: AbortSignal): Promise<void> {
    try {
      this.#line = await client.readline({ signal });
    } catch {
      // `unask` was called, or the client is closed.
      return;
    }
    if (!signal.aborted) this.#asking = undefined;
    this.#handlers.changed();
  }

  #stop(error: unknown): void {
    if (this.#closed) return;
    this.#stopped =
      (error as { code?: string } | undefined)?.code === 'ERR_NETWORK' ? 'no-wifi' : 'no-server';
    this.#handlers.stopped(error);
  }
}

function isWithoutNetwork({ cause }: LinkError): boolean {
  const { code } = (cause ?? {}) as { readonly code?: string };
  return code !== undefined && NO_NETWORK.includes(code);
}
