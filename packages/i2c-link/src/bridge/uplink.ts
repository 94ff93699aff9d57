/**
 * The bridge as a client of the server, for one configuration: the client, the line of the board's that the server has
 * not acked, and the line of the server's that the board has not got. It outlives channels, so that a reset of
 * the bridge costs none of these lines.
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
  /** Lines may be moved. */
  changed(): void;
  /** The link to the server came up, or went down. */
  state(up: boolean): void;
  /** There is no WiFi, or the first connection failed: nothing more happens on this link. */
  stopped(error: unknown): void;
  peerError(error: PeerError): void;
}

/** How long a network that is not there yet is waited for: one that has just booted needs some seconds for it. */
const NETWORK_MS = 20_000;
/** The causes of a failure to connect which say that this unit's network is not there, and nothing of the server. */
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
  /** Waits for the server's next line. */
  #asking: AbortController | undefined;
  /** Lines of the board's, the first of which was sent and is not acked. */
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

  /** Why nothing more happens on this link. */
  get stopped(): 'no-wifi' | 'no-server' | undefined {
    return this.#stopped;
  }

  /** True when a line of the board's would go out at once: the link has been up, and the server has acked the last. */
  get takes(): boolean {
    return this.everUp && this.#lines.length === 0 && this.#stopped === undefined;
  }

  report(): Report {
    return { connects: this.#client?.connects ?? 0, count: this.#reports++, freeMemory: freemem() };
  }

  /** The server's line that the board has not got. */
  get line(): string | undefined {
    return this.#line;
  }

  /** The board has got the line. */
  given(): void {
    this.#line = undefined;
  }

  /** The board could be given a line now: the server's next one is read, and so acked, as soon as there is one. */
  ask(): void {
    if (this.#client === undefined || this.#line !== undefined || this.#asking !== undefined) return;
    this.#asking = new AbortController();
    void this.#read(this.#client, this.#asking.signal);
  }

  /** There is no board to give a line to. */
  unask(): void {
    this.#asking?.abort();
    this.#asking = undefined;
  }

  /** Takes a line of the board's; it goes out when the server has acked those before. */
  send(line: BoardLine): void {
    this.#lines.push(line);
    if (this.#lines.length === 1) this.#sendNext();
  }

  /** Resolves once all is released. */
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
    // It fails only with the client, which is told by itself.
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
        // Acked is what goes to the board next: the rest is the server's still.
        ackWhen: 'read',
        ...(options.network && { network: this.#network(options.network) }),
        badWifi: (error) => this.#waitForNetwork(error),
        badServer: (error) => {
          if (!isWithoutNetwork(error)) throw error;
          this.#waitForNetwork(error);
        },
      });
    } catch (error) {
      // The one who made it hears of it only when it has it.
      queueMicrotask(() => this.#stop(error));
      return undefined;
    }
  }

  /** @throws the error once a network should have been there. */
  #waitForNetwork(error: LinkError): void {
    if (this.#clock.now() - this.#startedAt >= NETWORK_MS) throw error;
  }

  /** @throws LinkError `ERR_NETWORK`: with credentials that cannot be used there is no WiFi, whatever the server does. */
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
      // It is no longer asked for, or the client is closed.
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
