/**
 * The responder's unit as a bridge between a board and its server: it waits for a board, is told who the board is and
 * where its server is, connects to the server as that client, and passes lines both ways.
 *
 * Theory of operation: the bridge is in the middle of two links that do not know each other. The board's link lasts as
 * long as its channel, which a reset of the board ends; the uplink and the lines that are on their way in it stay, as
 * long as the board sends the same configuration. So a reset costs neither the line that the server has not acked nor
 * the one that the board has not got, and the server sees one client all the time.
 *
 * Whatever happens on either side ends in `#move`. The board is told to hold off unless its next line can go to the
 * server at once, so that one line of its is here at most, and a board that waits for a server keeps its lines itself.
 * The other way one message at a time is on the channel, and the server's next line is read when the board has taken
 * the last.
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
  /** The bus, whose master the bridge is. */
  readonly master: I2cMaster;
  /** Driven by the board. */
  readonly syn: Pin;
  /** Driven by the bridge. */
  readonly ack: Pin;
  /** The board's wire to reset the bridge, an input here. Only the channel begins again, not the link to the server. */
  readonly reset?: ResetLine | undefined;
  /** Default: the system's monotonic clock. */
  readonly clock?: Clock | undefined;
  /** Makes the client. Default: `connect` of `@iot/client`. Wrapped, it can be given a logger, say. */
  readonly connect?: ((options: ConnectOptions) => Connection) | undefined;
  /**
   * Makes what looks after the network (WiFi) with the credentials that the board gives, such as `networkManager`; those
   * that are empty are left out. Default: none, the operating system does.
   */
  readonly network?: ((credentials: { ssid?: string; password?: string }) => Network) | undefined;
}

/** Events of a bridge, with the arguments of their listeners. */
export interface BridgeEvents {
  /** A board is there. */
  synchronised: [];
  /** It said who it is, its password included; `resumed` when the link to the server goes on. */
  configured: [config: LinkConfig, resumed: boolean];
  /** The link to the server came up, or went down. */
  state: [up: boolean];
  /** No WiFi, or no server at the first attempt: the board was told, and nothing more happens until it resets. */
  stopped: [error: Error];
  /** The channel ended, why it did; the bridge waits for the next synchronisation. */
  ended: [error: Error | undefined];
  /** The board or the server sent a line that is not a message; it was dropped. */
  peerError: [error: PeerError];
}

const EVENTS = ['synchronised', 'configured', 'state', 'stopped', 'ended', 'peerError'] as const;

/**
 * A bridge, which serves whatever board synchronises with it until it is closed. Returns at once.
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
  /** For the configuration that came last. */
  #uplink: Uplink | undefined;
  /** Links to the server that are being closed. */
  #leaving: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | undefined;
  readonly #ended = deferred();

  /** Applications get theirs from `openBridge`. */
  constructor(options: BridgeOptions) {
    this.#settings = bridgeSettings(options);
    this.#running = this.#run();
  }

  /** True while the link to the server is up. */
  get status(): boolean {
    return this.#uplink?.up ?? false;
  }

  /**
   * Listens to an event; the function returned stops it. A listener that throws is an uncaught exception.
   *
   * @throws UsageError `ERR_BAD_OPTION` for an unknown event, and a listener that is not a function.
   */
  on<E extends keyof BridgeEvents>(event: E, listener: (...args: BridgeEvents[E]) => void): () => void {
    return this.#events.on(event, listener);
  }

  /**
   * Waits for the next time of an event; resolves with the arguments that a listener would get.
   *
   * @throws ClosedError when the bridge is closed already, or gets closed before.
   * @throws UsageError `ERR_BAD_OPTION` for an event that there is none of.
   */
  once<E extends keyof BridgeEvents>(event: E, options?: WaitOptions): Promise<BridgeEvents[E]> {
    return this.#events.once(event, options);
  }

  /** Resolves once the bridge is closed and everything is released. */
  get closed(): Promise<void> {
    return this.#ended.promise;
  }

  /**
   * Closes the channel, then the link to the server; a line that was under way may have arrived. Idempotent; resolves
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
      // A master's transfer cannot be cancelled. One at a time: each that hangs occupies a thread of the process.
      await channel.close();
      if (!channel.wasReset) await this.#nextReset(end === 'unconfigured');
    }
  }

  /**
   * Resolves when the board resets the bridge: until then it may believe in a channel that has ended here, and what it
   * sends on that one is not to be taken for the beginning of a new one. After 10 s in any case, since the board has given
   * up by then, and this process may have slept through its pulse.
   *
   * Without a reset wire it resolves at once, since a board that fails leaves `syn` high: unless the board is `unaware`,
   * and goes on with its exchanges, which have to time out.
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
      // Waited for long enough; or the wire cannot be read, which the next `#open` finds out and says.
    } finally {
      cancel();
    }
  }

  #stopped(): boolean {
    return this.#stop.signal.aborted;
  }

  /** A channel to the next board that synchronises; undefined when there is none. */
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

  /** Moves what can be moved. */
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

  /** The uplink for this configuration: the one that there is, or a new one once that has been closed. */
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

  /** Sends the board of this uplink its state. Down is sent too: the board may not have received it before its reset. */
  #tell(uplink: Uplink, up = uplink.up): void {
    if (this.#served?.uplink !== uplink) return;
    const { board } = this.#served;
    if (uplink.stopped !== undefined) board.tell('stopped', { type: uplink.stopped });
    else if (uplink.everUp) board.tell('state', { type: up ? 'up' : 'down' });
    this.#move();
  }
}

/** A board that is there: its link, the uplink once there is one for its configuration, and its lines until then. */
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
  return new LinkError('ERR_LINK_LOST', `${what}: the bridge stops answering, so that the board resets it`);
}

function sameConfig(one: LinkConfig | undefined, other: LinkConfig): boolean {
  return one !== undefined && encodeConfig(one) === encodeConfig(other);
}
