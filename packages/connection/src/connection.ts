/**
 * `Connection`: the object through which an application at either end writes and reads lines.
 *
 * How it works: the engine (`engine.ts`) sends and receives the lines. `WriteQueue` passes the writes of the application to
 * the engine, and settles each write when the engine reports that its line is acked. `LineSource` gives received lines to
 * readers. This class emits the events and closes all of them together.
 *
 * Terms: a link is one connection of the transport, such as one TCP connection. A session is the exchange of lines with one
 * peer, over one link after the other: when a link is lost, the session waits and continues on the next link. With a store
 * the session is also kept on disk, and the next process continues it. A line is sent "with qos" when it was written with
 * `qos: true`: it is retransmitted until the peer acks it.
 */
import { ClosedError, type PeerError } from '@iot/framing';
import type { SessionEvent, SessionStats } from '@iot/qos';
import type { WaitOptions } from './abort.js';
import type { Engine } from './engine.js';
import { Emitter } from './events.js';
import { LinkLog, type Logger } from './logger.js';
import { lineIterator, LineSource, messageIterator, type Closed } from './line-iterator.js';
import type { Message } from './message.js';
import type { OfflineSettings } from './offline-options.js';
import { LINK_DEFAULTS } from './options.js';
import { Pace } from './pace.js';
import { abortable, atMost, deferred, rejected, Waiters } from './waiters.js';
import type { WriteOptions } from './pending-write.js';
import { WriteQueue } from './write-queue.js';

/** Events of a connection, with the arguments of their listeners. */
export interface ConnectionEvents {
  /** The link came up, or went down. */
  state: [up: boolean];
  /** The connection was closed. `error` is the failure that closed it, or absent after a plain `close()`. */
  close: [error?: unknown];
  /**
   * The peer broke the protocol, or it ended several links in a row each time it was sent the same line, or the round trip
   * is longer than `2 × timeout`. The session continues.
   */
  peerError: [error: PeerError];
}

/** Counters since the start of the session, and the protocol version. */
export interface ConnectionStats extends SessionStats {
  /** Lines that the limits of `offline` dropped before they were ever sent. */
  readonly dropped: number;
  /** Lines that expired (`expiresInMs`) before they were ever sent. */
  readonly expired: number;
}

export interface ConnectionOptions {
  readonly id: string;
  /** Most unsent lines of one kind (ordered, `wait: false`, `qos: false`) in the engine. Further writes wait. */
  readonly maxUnsentLines: number;
  /** Most received lines that the application gets in a second, after a burst of one second's worth. Default: no limit. */
  readonly maxLinesPerSecond?: number | undefined;
  /** The same limit in bytes of UTF-8. Default: no limit. */
  readonly maxBytesPerSecond?: number | undefined;
  /** Limits for lines that have never been sent. They replace `maxUnsentLines`. Default: none. */
  readonly offline?: OfflineSettings | undefined;
  /** How long `await using` waits for writes at the end of its scope, ms. Default 5000. */
  readonly closeTimeoutMs?: number | undefined;
  /** Logs the starts and ends of links, and the writes that `await using` dropped. Default: none. */
  readonly logger?: Logger | undefined;
  /** Called once, by `close`, which waits for the result. It releases what the owner of this connection keeps for it. */
  readonly release?: () => void | Promise<void>;
  /** Called with each event of the engine, before the listeners of the connection are called. */
  readonly observe?: (event: SessionEvent) => void;
  /**
   * Called with each line that the application is given (`received`) or writes (`sent`). `ended` of a sent line settles as
   * its write does. `ended` of a received line resolves when the application is done with the line. The property is read
   * again for each line, so that its owner can set or clear it at any time. Default: none.
   */
  readonly observeLine?:
    | ((direction: 'received' | 'sent', text: string, ended: Promise<void>, receivedAt?: Date) => void)
    | undefined;
  /** Called on each ack of a line, with the time since the call of `write` in ms. Default: none. */
  readonly observeAck?: (ms: number) => void;
}

/** One end of the link with a peer. `connect` returns one, and a server has one for each client. */
export class Connection implements AsyncIterable<string>, AsyncDisposable {
  /** The client's id. */
  readonly id: string;
  readonly #engine: Engine;
  readonly #options: ConnectionOptions;
  readonly #events = new Emitter<ConnectionEvents>(EVENTS);
  readonly #lines: LineSource;
  readonly #ready = new Waiters<undefined>();
  readonly #writes: WriteQueue;
  readonly #log: LinkLog | undefined;
  #connects = 0;
  /** The state that was emitted last. The state of the engine may have changed since. */
  #toldUp = false;
  #closing: Promise<void> | undefined;
  /** Created when `closed` is first read, or by `close`. */
  #ended: ReturnType<typeof deferred<unknown>> | undefined;
  #remoteAddress: string | undefined;

  /** Applications do not call this: they get a connection from `connect` or from a server. */
  constructor(engine: Engine, options: ConnectionOptions) {
    this.id = options.id;
    this.#engine = engine;
    this.#options = options;
    this.#log = options.logger && new LinkLog(options.logger, options.id);
    this.#lines = new LineSource(engine, Pace.of(options), options);
    this.#writes = new WriteQueue(engine, options);
    engine.start({
      event: (event) => {
        this.#handle(event);
      },
      exchange: () => this.#exchange(),
      stored: (ticket) => this.#writes.stored(ticket),
      returned: (line) => this.#writes.returned(line),
      lost: (error) => void this.close(error),
    });
  }

  /** True while the link is up (PROTOCOL.md section 4). */
  get status(): boolean {
    return this.#closed === undefined && this.#engine.up;
  }

  /** How many times the link came up. */
  get connects(): number {
    return this.#connects;
  }

  /**
   * True while the connection has listeners, calls that wait, loops over its lines, pending writes or unread lines. A server
   * does not forget a client whose connection is in use.
   */
  get inUse(): boolean {
    const waiting = this.#lines.readers.size + this.#lines.loops + this.#ready.size + this.#writes.size;
    return waiting > 0 || this.#engine.unread > 0 || this.#events.hasListeners;
  }

  /** Writes that have not settled. A write `until: 'stored'` settles once its line is stored. */
  get pendingWrites(): number {
    return this.#writes.size;
  }

  /** Lines received that the application has not read. */
  get unreadLines(): number {
    return this.#engine.unread;
  }

  /**
   * Bytes received over all links of this connection, without TLS overhead. A server does not count the hello: the first line
   * of a link, in which the client sends its id.
   */
  get bytesReceived(): number {
    return this.#engine.bytesReceived;
  }

  /** Bytes sent over all links of this connection, without TLS overhead. */
  get bytesSent(): number {
    return this.#engine.bytesSent;
  }

  /** Address of the other end of the link, or of the last link while down. IPv4 addresses are in dotted notation. */
  get remoteAddress(): string | undefined {
    return this.#engine.remoteAddress ?? this.#remoteAddress;
  }

  /** The protocol version of the link, or of the last link while down: 1 or 2. Undefined until it is known. */
  get protocol(): 1 | 2 | undefined {
    return this.#engine.protocol;
  }

  /** Counters since the start of the session in this process. */
  get stats(): ConnectionStats {
    const { dropped, expired } = this.#writes;
    return { ...this.#engine.stats, dropped, expired };
  }

  /**
   * Waits until the link is up. Resolves at once if it is up.
   *
   * @throws ClosedError when the connection is closed, before the call or while it waits.
   * @throws UsageError `ERR_BAD_OPTION` for unknown options, and for a `signal` that is not an AbortSignal. All calls with
   * options throw this error.
   */
  ready(options?: WaitOptions): Promise<void> {
    if (this.#closed !== undefined) return rejected(this.#closed.error);
    return abortable(options, (signal) => (this.status ? Promise.resolve() : this.#ready.wait(signal)));
  }

  /**
   * Sends one line. A newline at its end is optional, and an empty line sends nothing. The promise stays pending through
   * outages. With `until: 'stored'` it resolves as soon as the line is in the store of this end.
   *
   * `qos: true` (the default): the line arrives exactly once, and the promise resolves when the other end has acked it.
   * `wait: false`: the line may overtake lines that were written before it and still wait. `qos: false`: the line waits for
   * the link, is sent before queued lines with qos, and the promise resolves when the transport has taken the line. The line
   * may be lost (PROTOCOL.md section 3).
   *
   * Aborting withdraws a line that has not been sent. A line that was sent may still arrive, once. With a store, a line that
   * is being stored at the time of the abort may also still arrive.
   *
   * @throws DroppedError when the line was given up before it was ever sent: `ERR_DROPPED` and `ERR_OFFLINE_FULL` at a limit
   * of `offline`, `ERR_EXPIRED` after `expiresInMs`.
   * @throws UsageError `ERR_BAD_LINE` for a value that is not a line; `ERR_BAD_OPTION` for unknown options, a wrong signal,
   * and `until: 'stored'` without a store or with `qos: false`. Nothing is sent.
   * @throws ClosedError when the connection is closed, before the call or while it waits. A line already sent may have
   * arrived. With a store the line may be stored: the next process then sends it, and writing it again may duplicate it.
   */
  write(line: string, options?: WriteOptions): Promise<void> {
    return this.#closed === undefined ? this.#writes.write(line, options) : rejected(this.#closed.error);
  }

  /**
   * Waits for the next received line and returns it without its newline. Calls of `readline` and iterators are served in the
   * order in which they began to wait, and each line goes to one of them. Aborting never consumes a line.
   *
   * @throws ClosedError when the connection is closed, before the call or while it waits.
   */
  readline(options?: WaitOptions): Promise<string> {
    if (this.#closed !== undefined) return rejected(this.#closed.error);
    return abortable(options, (signal) => {
      const line = this.#lines.read();
      if (line !== undefined) return Promise.resolve(line);
      // A waiter without a `take` function gets the text of a line.
      return this.#lines.readers.wait(signal) as Promise<string>;
    });
  }

  /**
   * Iterates over the received lines. Leaving the loop does not close the connection. The loop ends when the connection is
   * closed, and throws when a failure closed it.
   */
  [Symbol.asyncIterator](): AsyncIterator<string, undefined> {
    return lineIterator(this.#lines);
  }

  /**
   * Iterates over the received lines as messages. The application calls `done()` on each message when it has processed it.
   * With `ackWhen: 'done'` the line is acked at that time. With a store, a line that is not done is delivered again after a
   * crash. `readline` and the plain iterator mark each line as done when they return it. Leaving the loop does not close the
   * connection, and the application must still call `done()` on the messages it was given. The loop ends when the connection
   * is closed, and throws when a failure closed it.
   */
  messages(): { [Symbol.asyncIterator](): AsyncIterator<Message, undefined> } {
    return { [Symbol.asyncIterator]: () => messageIterator(this.#lines) };
  }

  /**
   * Adds a listener to an event and returns a function that removes it. An error that the listener throws becomes an uncaught
   * exception.
   *
   * @throws UsageError `ERR_BAD_OPTION` for an unknown event, and for a listener that is not a function.
   */
  on<E extends keyof ConnectionEvents>(
    event: E,
    listener: (...args: ConnectionEvents[E]) => void,
  ): () => void {
    return this.#events.on(event, listener);
  }

  /**
   * Waits until the event is emitted next, and resolves with the arguments that a listener would get.
   *
   * @throws ClosedError when the connection is closed, before the call or before the event.
   * @throws UsageError `ERR_BAD_OPTION` for an unknown event.
   */
  once<E extends keyof ConnectionEvents>(event: E, options?: WaitOptions): Promise<ConnectionEvents[E]> {
    return this.#events.once(event, options);
  }

  /** Resolves once the connection is closed and everything is released, with the failure that closed it, if any. */
  get closed(): Promise<unknown> {
    return (this.#ended ??= deferred()).promise;
  }

  /**
   * Resolves when every write made so far has settled. It waits through outages. A write `until: 'stored'` settles once its
   * line is stored, so its line may still be unsent when `drain` resolves.
   */
  drain(options?: WaitOptions): Promise<void> {
    return abortable(options, (signal) => this.#writes.drained(signal));
  }

  /**
   * Closes the connection permanently. It does not wait for writes (call `drain` first), and it discards unread lines.
   * Pending and later calls reject with a `ClosedError`. With a store the session stays in the store: the next connection
   * with this id continues with its stored lines, unread and unsent. Idempotent. Resolves once everything is released; with a
   * store, once the last entries are stored or `closeTimeoutMs` have passed.
   *
   * @param error the failure that is the reason for the close. Iteration then throws, and `error` is the cause of each
   * `ClosedError`.
   */
  close(error?: unknown): Promise<void> {
    if (this.#closing === undefined) {
      // Set before the first listener is called, because a listener may call `close` too.
      const closing = deferred();
      this.#closing = closing.promise;
      closing.resolve(this.#close(error));
    }
    return this.#closing;
  }

  /**
   * Called by `await using` at the end of its scope. It waits for the writes made so far, through outages too, for at most
   * `closeTimeoutMs`. Then it closes. Writes that have not settled by then reject with a `ClosedError`, and one warning in the
   * log gives their number.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    const { closeTimeoutMs = LINK_DEFAULTS.closeTimeoutMs } = this.#options;
    await atMost(this.#engine.clock, closeTimeoutMs, (signal) => this.drain({ signal }));
    this.#log?.dropped(this.pendingWrites, closeTimeoutMs);
    await this.close();
  }

  async #close(error: unknown): Promise<void> {
    const failed = error !== undefined;
    const closedError = failed
      ? new ClosedError(
          `the connection was closed: ${error instanceof Error ? error.message : 'see the cause'}`,
          {
            cause: error,
          },
        )
      : new ClosedError();
    this.#lines.close({ error: closedError, failed });
    this.#remoteAddress = this.remoteAddress;
    const released = Promise.all([this.#engine.close(), Promise.resolve(this.#options.release?.())]);
    this.#writes.close(closedError);
    this.#lines.readers.rejectAll(closedError);
    this.#ready.rejectAll(closedError);
    this.#tellDown();
    this.#events.emit('close', ...(failed ? [error] : []));
    this.#events.end(closedError);
    try {
      await released;
    } finally {
      (this.#ended ??= deferred()).resolve(error);
    }
  }

  get #closed(): Closed | undefined {
    return this.#lines.closed;
  }

  #exchange(): boolean {
    if (this.#closed !== undefined) return false;
    const admitted = this.#writes.refill();
    const served = this.#lines.serve();
    return admitted || served;
  }

  #handle(event: SessionEvent): void {
    if (this.#closed !== undefined) return;
    this.#log?.event(event);
    this.#options.observe?.(event);
    switch (event.type) {
      case 'up':
        this.#connects += 1;
        this.#remoteAddress = this.#engine.remoteAddress;
        this.#ready.resolveAll(undefined);
        this.#toldUp = true;
        return this.#events.emit('state', true);
      case 'down':
        return this.#tellDown();
      case 'settled':
        return this.#writes.settled(event.ticket);
      case 'peer-error':
        return this.#events.emit('peerError', event.error);
      case 'protocol':
      case 'keepalive':
        return;
    }
  }

  #tellDown(): void {
    if (!this.#toldUp) return;
    this.#toldUp = false;
    this.#events.emit('state', false);
  }
}

const EVENTS = ['state', 'close', 'peerError'] as const;
