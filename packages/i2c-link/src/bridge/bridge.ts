/**
 * The bridge connects a board without a network to its server. It waits for the board on the I2C channel, receives the
 * board's id and the address of the server in the configuration, connects to the server as this client, and passes lines
 * in both directions.
 *
 * Theory of operation: the bridge has two links. `BoardLink` is the link to the board; it lasts as long as one channel,
 * which ends when the board resets the bridge. `Uplink` is the link to the server. It survives a reset, as long as the
 * board then sends the same configuration. It keeps the line that the server has not acked and the line that the board
 * has not received. So a reset loses no line, and the server sees one client without an interruption.
 *
 * Every event on either link ends in a call of `#move`, which moves lines:
 * - To the server: the bridge asks the board to send nothing (hold-off) unless the board's next line can go to the server
 *   at once. So the bridge holds at most one line of the board, and other lines wait in the board.
 * - To the board: one message at a time is on the channel. The server's next line is read, and so acked, only when the
 *   board has received the previous message.
 */
import { connect, type ConnectOptions, type Network } from '@iot/client';
import type { Clock, Connection, WaitOptions } from '@iot/connection';
import { deferred, Emitter, LINK_DEFAULTS, withDefaults, type LinkOptions } from '@iot/connection/internal';
import { nodeClock } from '@iot/connection/node';
import { ClosedError, LinkError, type PeerError } from '@iot/framing';
import { requireFunctions, requireInteger, requireKnownOptions, requireMethods } from '@iot/qos/internal';
import type { ChannelTransport } from '../channel/transport.js';
import { encodeConfig, type LinkConfig } from '../messages/config.js';
import { openChannel } from '../channel/open.js';
import type { I2cMaster, Pin, ResetLine } from '../channel/ports.js';
import { requireWires } from '../channel/required-ports.js';
import { GIVEN_UP_MS } from '../channel/responder.js';
import type { BoardLine } from '../messages/conversation.js';
import { BoardLink, CONFIG_MS } from './board-link.js';
import { Uplink } from './uplink.js';
import { pause, PORT_FAILURE_PAUSE_MS, untilLevel } from '../channel/waiting.js';

export interface BridgeOptions extends Pick<LinkOptions, 'maxLineBytes'> {
  /** The bus. The bridge is its master. */
  readonly master: I2cMaster;
  /** Driven by the board. */
  readonly syn: Pin;
  /** Driven by the bridge. */
  readonly ack: Pin;
  /** The wire on which the board resets the bridge; an input. A reset ends the channel, not the link to the server. */
  readonly reset?: ResetLine | undefined;
  /** Default: the system's monotonic clock. */
  readonly clock?: Clock | undefined;
  /** Makes the client. Default: `connect` of `@iot/client`. A function that calls it can add options, such as a logger. */
  readonly connect?: ((options: ConnectOptions) => Connection) | undefined;
  /**
   * Makes the `Network` that connects WiFi with the credentials from the board's configuration, such as `networkManager`.
   * Empty credentials are left out. Default: none; the operating system connects WiFi.
   */
  readonly network?: ((credentials: { ssid?: string; password?: string }) => Network) | undefined;
}

/** Events of a bridge, with the arguments of their listeners. */
export interface BridgeEvents {
  /** A board has synchronised with the bridge. */
  synchronised: [];
  /**
   * The board has sent its configuration, which includes the WiFi password. `resumed` is true when it is the same as
   * before and the link to the server continues.
   */
  configured: [config: LinkConfig, resumed: boolean];
  /** The link to the server has come up or gone down. */
  state: [up: boolean];
  /** WiFi or the first connection to the server failed. The board was informed. It must reset the bridge to go on. */
  stopped: [error: Error];
  /** The channel has ended, with the error if it failed. The bridge waits for the next synchronisation. */
  ended: [error: Error | undefined];
  /** The board or the server sent a line that is not a message; it was dropped. */
  peerError: [error: PeerError];
}

const EVENTS = ['synchronised', 'configured', 'state', 'stopped', 'ended', 'peerError'] as const;

/**
 * Opens a bridge. It serves every board that synchronises with it, one after another, until it is closed. Returns at once.
 *
 * @throws UsageError `ERR_BAD_OPTION`.
 */
export function openBridge(options: BridgeOptions): Bridge {
  return new Bridge(options);
}

export class Bridge implements AsyncDisposable {
  readonly #settings: ReturnType<typeof bridgeSettings>;
  readonly #events = new Emitter<BridgeEvents>(EVENTS);
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  #served: Served | undefined;
  /** The link to the server, for the configuration that came last. */
  #uplink: Uplink | undefined;
  /** Links to the server that are being closed. */
  #leaving: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | undefined;
  readonly #ended = deferred();

  /** For `openBridge` only. */
  constructor(options: BridgeOptions) {
    this.#settings = bridgeSettings(options);
    this.#running = this.#run();
  }

  /** True while the link to the server is up. */
  get status(): boolean {
    return this.#uplink?.up ?? false;
  }

  /**
   * Adds a listener to an event. Calling the returned function removes it. An error thrown by a listener becomes an
   * uncaught exception.
   *
   * @throws UsageError `ERR_BAD_OPTION` for an unknown event, and a listener that is not a function.
   */
  on<E extends keyof BridgeEvents>(event: E, listener: (...args: BridgeEvents[E]) => void): () => void {
    return this.#events.on(event, listener);
  }

  /**
   * Waits until an event happens the next time. Resolves with the arguments that a listener would get.
   *
   * @throws ClosedError when the bridge is closed, or is closed before the event happens.
   * @throws UsageError `ERR_BAD_OPTION` for an unknown event.
   */
  once<E extends keyof BridgeEvents>(event: E, options?: WaitOptions): Promise<BridgeEvents[E]> {
    return this.#events.once(event, options);
  }

  /** Resolves once the bridge is closed and everything is released. */
  get closed(): Promise<void> {
    return this.#ended.promise;
  }

  /**
   * Closes the channel, then the link to the server. A line that was on its way may have arrived. Idempotent. Resolves
   * once everything is released.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    this.#stop.abort();
    await this.#served?.board.close();
    await this.#running;
    await Promise.all([this.#leaving, this.#uplink?.close()]);
    this.#events.end(new ClosedError('the bridge was closed'));
    this.#ended.resolve();
  }

  async #run(): Promise<void> {
    while (!this.#stopped()) {
      const channel = await this.#open();
      if (channel === undefined) continue;
      if (this.#stopped()) return channel.close();
      const end = await this.#begin(channel).ended;
      this.#served?.uplink?.unask();
      this.#served = undefined;
      const failure = end === 'unconfigured' ? notConfigured() : channel.failure;
      if (!this.#stopped()) this.#events.emit('ended', failure);
      // Waits for the transfer in flight: a master cannot abort it, and each that hangs occupies a thread of the process.
      await channel.close();
      if (!channel.wasReset) await this.#nextReset(end === 'unconfigured');
    }
  }

  /**
   * Resolves when the board resets the bridge, and after 10 s at the latest. Until the reset the board may still use the
   * channel that has ended here, and the bridge must not take its edges for a new synchronisation. After 10 s the board
   * has given up in any case: this process may have missed the reset pulse because it was descheduled.
   *
   * Without a reset wire it resolves at once, because a board whose channel has failed leaves `syn` high. But if the board
   * is `unaware` that the channel has ended, it resolves after 10 s: the exchanges of the board must time out first.
   */
  async #nextReset(unaware: boolean): Promise<void> {
    const { clock, reset } = this.#settings;
    if (this.#stopped() || (reset === undefined && !unaware)) return;
    if (reset === undefined) return pause(clock, GIVEN_UP_MS, this.#stop.signal).catch(() => undefined);
    const { pin, activeLevel = 0 } = reset;
    const tooLong = new AbortController();
    const cancel = clock.at(clock.now() + GIVEN_UP_MS, () => tooLong.abort());
    try {
      await untilLevel(pin, activeLevel, AbortSignal.any([this.#stop.signal, tooLong.signal]));
    } catch {
      // The 10 s are over, or the bridge is closing, or the wire cannot be read. `#open` will report the last case.
    } finally {
      cancel();
    }
  }

  #stopped(): boolean {
    return this.#stop.signal.aborted;
  }

  /** Opens a channel to the next board that synchronises; undefined when that failed or the bridge is closing. */
  async #open(): Promise<ChannelTransport | undefined> {
    const { signal } = this.#stop;
    try {
      return await openChannel({ ...this.#settings, role: 'responder', signal });
    } catch (error) {
      if (signal.aborted) return undefined;
      this.#events.emit('ended', error as Error);
      await pause(this.#settings.clock, PORT_FAILURE_PAUSE_MS, signal).catch(() => undefined);
      return undefined;
    }
  }

  #begin(channel: ChannelTransport): BoardLink {
    const { clock, maxLineBytes } = this.#settings;
    const board = new BoardLink(channel, clock, maxLineBytes, {
      configured: (config) => void this.#join(served, config),
      line: (line) => void served.lines.push(line),
      given: () => served.uplink?.given(),
      changed: () => this.#move(),
      peerError: (error) => this.#events.emit('peerError', error),
    });
    const served: Served = { board, uplink: undefined, lines: [] };
    this.#served = served;
    this.#events.emit('synchronised');
    board.start();
    return board;
  }

  /** Moves the lines that can be moved now, in both directions. */
  #move(): void {
    if (this.#served === undefined) return;
    const { board, uplink, lines } = this.#served;
    if (uplink !== undefined) for (const line of lines.splice(0)) uplink.send(line);
    board.hold(uplink?.takes !== true);
    board.keepTime(uplink?.everUp === true && uplink.stopped === undefined ? uplink : undefined);
    if (board.next(uplink?.line)) uplink?.ask();
  }

  async #join(served: Served, config: LinkConfig): Promise<void> {
    const uplink = await this.#uplinkFor(config, served);
    if (uplink === undefined || this.#served !== served) return;
    served.uplink = uplink;
    this.#tell(uplink);
  }

  /** Returns the present uplink if it has this configuration. Otherwise closes it and then makes a new one. */
  async #uplinkFor(config: LinkConfig, served: Served): Promise<Uplink | undefined> {
    const current = this.#uplink;
    const resumed = current?.stopped === undefined && sameConfig(current?.config, config);
    if (resumed) {
      this.#events.emit('configured', config, true);
      return current;
    }
    this.#uplink = undefined;
    this.#leaving = Promise.allSettled([this.#leaving, current?.close()]);
    await this.#leaving;
    if (this.#served !== served || this.#stopped()) return undefined;
    this.#events.emit('configured', config, false);
    const uplink: Uplink = new Uplink(config, this.#settings, {
      changed: () => this.#move(),
      state: (up) => {
        this.#tell(uplink, up);
        this.#events.emit('state', up);
      },
      stopped: (error) => {
        this.#tell(uplink);
        this.#events.emit('stopped', error instanceof Error ? error : new ClosedError());
      },
      peerError: (error) => this.#events.emit('peerError', error),
    });
    this.#uplink = uplink;
    return uplink;
  }

  /** Reports the uplink's state to its board. `down` is sent too: it may have been lost when the board reset the bridge. */
  #tell(uplink: Uplink, up = uplink.up): void {
    if (this.#served?.uplink !== uplink) return;
    const { board } = this.#served;
    if (uplink.stopped !== undefined) board.tell('stopped', { type: uplink.stopped });
    else if (uplink.everUp) board.tell('state', { type: up ? 'up' : 'down' });
    this.#move();
  }
}

/** The board that is being served. `lines` has the lines that it sends before its uplink is ready. */
interface Served {
  readonly board: BoardLink;
  uplink: Uplink | undefined;
  readonly lines: BoardLine[];
}

const DEFAULTS = {
  clock: nodeClock,
  connect: connect as (options: ConnectOptions) => Connection,
  network: undefined as BridgeOptions['network'],
  maxLineBytes: LINK_DEFAULTS.maxLineBytes,
};

const NAMES = ['master', 'syn', 'ack', 'reset', ...Object.keys(DEFAULTS)];

function bridgeSettings(options: BridgeOptions) {
  requireKnownOptions(options, NAMES);
  const settings = withDefaults(DEFAULTS, options);
  requireMethods('master', settings.master, ['read', 'write']);
  requireWires(settings);
  requireInteger('maxLineBytes', settings.maxLineBytes, 1);
  requireFunctions(settings, ['connect', 'network']);
  return settings;
}

function notConfigured(): LinkError {
  const what = `the board sent no usable configuration within ${CONFIG_MS} ms of synchronising`;
  return new LinkError('ERR_LINK_LOST', `${what}: the bridge stops answering until the board resets it`);
}

function sameConfig(one: LinkConfig | undefined, other: LinkConfig): boolean {
  return one !== undefined && encodeConfig(one) === encodeConfig(other);
}
