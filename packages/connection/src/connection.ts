/**
 * What both ends give to an application: `write` and `readline` over an engine that outlives its links.
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
  /** The connection was closed; with the error when it was closed over one. */
  close: [error?: unknown];
  /**
   * The peer broke the protocol, or ends link after link over one line, or the round trip exceeds `2 × timeout`. The
   * session goes on.
   */
  peerError: [error: PeerError];
}

/** Counters, from the start of the session, and the version of the wire. */
export interface ConnectionStats extends SessionStats {
  /** Lines that had never been sent and were dropped by the limits of `offline`. */
  readonly dropped: number;
  /** Lines that had not been sent when their time was over (`expiresInMs`). */
  readonly expired: number;
}

export interface ConnectionOptions {
  readonly id: string;
  /** Unsent lines of one kind that the engine takes; further writes wait. */
  readonly maxUnsentLines: number;
  /** Lines that are handed over in a second, after a burst of one second's worth. Default: no limit. */
  readonly maxLinesPerSecond?: number | undefined;
  /** The same in bytes of UTF-8. Default: no limit. */
  readonly maxBytesPerSecond?: number | undefined;
  /** Limits of lines that have never been sent, in place of `maxUnsentLines`. Default: none. */
  readonly offline?: OfflineSettings | undefined;
  /** Longest wait of `await using` for writes, ms. Default 5000. */
  readonly closeTimeoutMs?: number | undefined;
  /** Told of the links, and of writes that `await using` dropped. Default: none. */
  readonly logger?: Logger | undefined;
  /** Releases what belongs to this connection elsewhere; `close` waits for it. */
  readonly release?: () => void | Promise<void>;
  /** Told everything that the engine says, before the connection's own listeners are. */
  readonly observe?: (event: SessionEvent) => void;
  /**
   * Called with each line when it is handed to the application, or written by it. `ended` settles as the write does, or
   * resolves when the application is done with the line received. Read again for each line. Default: none.
   */
  readonly observeLine?:
    | ((direction: 'received' | 'sent', text: string, ended: Promise<void>, receivedAt?: Date) => void)
    | undefined;
  /** Told of each ack of a line, with the time since the call of `write`, ms. Default: none. */
  readonly observeAck?: (ms: number) => void;
}

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
  /** The state that was emitted last; the engine may know more already. */
  #toldUp = false;
  #closing: Promise<void> | undefined;
  /** Made when `closed` is read, or at the close. */
  #ended: ReturnType<typeof deferred<unknown>> | undefined;
  #remoteAddress: string | undefined;

  /** Applications get theirs from `connect` or from a server. */
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

  /** True while somebody listens to it, waits on it or is in a loop over it, or lines are queued: it is not forgotten. */
  get inUse(): boolean {
    const waiting = this.#lines.readers.size + this.#lines.loops + this.#ready.size + this.#writes.size;
    return waiting > 0 || this.#engine.unread > 0 || this.#events.hasListeners;
  }

  /** Writes that have not settled; a line that was written `until: 'stored'` and is stored is none of them. */
  get pendingWrites(): number {
    return this.#writes.size;
  }

  /** Lines received that the application has not read. */
  get unreadLines(): number {
    return this.#engine.unread;
  }

  /** Bytes received over all links of this connection, without the hello and what TLS adds. */
  get bytesReceived(): number {
    return this.#engine.bytesReceived;
  }

  /** Bytes sent, as `bytesReceived`. */
  get bytesSent(): number {
    return this.#engine.bytesSent;
  }

  /** Address of the other end, an IPv4 one in its own notation; of the last link while down. */
  get remoteAddress(): string | undefined {
    return this.#engine.remoteAddress ?? this.#remoteAddress;
  }

  /** The version of the wire that the link speaks, 1 or 2, or the last one spoke; undefined until that is known. */
  get protocol(): 1 | 2 | undefined {
    return this.#engine.protocol;
  }

  /** Counters since the start of the session in this process. */
  get stats(): ConnectionStats {
    const { dropped, expired } = this.#writes;
    return { ...this.#engine.stats, dropped, expired };
  }

  /**
   * Waits until the link is up; resolves at once while it is.
   *
   * @throws ClosedError when the connection is or gets closed.
   * @throws UsageError `ERR_BAD_OPTION` for unknown options and a `signal` that is not an AbortSignal, as every call with options.
   */
  ready(options?: WaitOptions): Promise<void> {
    if (this.#closed !== undefined) return rejected(this.#closed.error);
    return abortable(options, (signal) => (this.status ? Promise.resolve() : this.#ready.wait(signal)));
  }

  /**
   * Sends one line, without a newline or with one at its end; an empty line sends nothing. Waits through outages, or, with
   * `until: 'stored'`, only until the line is in the store of this end.
   *
   * `qos: true` (the default) resolves when the other end has acked it; it arrives exactly once. `wait: false` lets it
   * overtake waiting lines that were written before. `qos: false` waits for the link, goes ahead of queued qos lines
   * and resolves when handed to the transport; it may be lost (PROTOCOL.md section 3).
   *
   * Aborting withdraws a line that has not been sent; one that has may still arrive, once. With a store, so may one that
   * is being stored.
   *
   * @throws DroppedError `ERR_DROPPED`, `ERR_OFFLINE_FULL` when the limits of `offline` have no place for the line, `ERR_EXPIRED`
   * when its time is over (`expiresInMs`); it had never been sent.
   * @throws UsageError `ERR_BAD_LINE` for anything but a line, `ERR_BAD_OPTION` for unknown options, a wrong signal, and
   * `until: 'stored'` without a store or with `qos: false`; nothing is sent.
   * @throws ClosedError when the connection is or gets closed; a line already sent may have arrived. With a store, a line
   * that had been taken in may be stored, and is sent by the next process then: to write it again may double it.
   */
  write(line: string, options?: WriteOptions): Promise<void> {
    return this.#closed === undefined ? this.#writes.write(line, options) : rejected(this.#closed.error);
  }

  /**
   * The next line received, without its newline. Readers and iterators are served first come, first served, and each
   * line goes to one of them. Aborting never consumes a line.
   *
   * @throws ClosedError when the connection is or gets closed.
   */
  readline(options?: WaitOptions): Promise<string> {
    if (this.#closed !== undefined) return rejected(this.#closed.error);
    return abortable(options, (signal) => {
      const line = this.#lines.read();
      if (line !== undefined) return Promise.resolve(line);
      // One that does not say how it takes what it waits for gets a line.
      return this.#lines.readers.wait(signal) as Promise<string>;
    });
  }

  /**
   * Lines as they come. Leaving the loop does not close the connection. Ends when it is closed; throws when it was
   * closed over an error.
   */
  [Symbol.asyncIterator](): AsyncIterator<string, undefined> {
    return lineIterator(this.#lines);
  }

  /**
   * Messages as they come: lines, of which the application says when it has done with them. With `ackWhen: 'done'` the
   * peer is acked then; with a store, a line that is not done comes again after a crash. `readline` and the plain iterator
   * count a line as done when they hand it over. Leaving the loop does not close the connection; a message that was handed
   * over stays to be done. Ends when the connection is closed; throws when it was closed over an error.
   */
  messages(): { [Symbol.asyncIterator](): AsyncIterator<Message, undefined> } {
    return { [Symbol.asyncIterator]: () => messageIterator(this.#lines) };
  }

  /**
   * Listens to an event; the function returned stops it. A listener that throws is an uncaught exception.
   *
   * @throws UsageError `ERR_BAD_OPTION` for an unknown event, and a listener that is not a function.
   */
  on<E extends keyof ConnectionEvents>(
    event: E,
    listener: (...args: ConnectionEvents[E]) => void,
  ): () => void {
    return this.#events.on(event, listener);
  }

  /**
   * Waits for the next time of an event; resolves with the arguments that a listener would get.
   *
   * @throws ClosedError when the connection is closed already, or gets closed before.
   * @throws UsageError `ERR_BAD_OPTION` for an event that there is none of.
   */
  once<E extends keyof ConnectionEvents>(event: E, options?: WaitOptions): Promise<ConnectionEvents[E]> {
    return this.#events.once(event, options);
  }

  /** Resolves once the connection is closed and everything is released, with the error that it was closed over, if any. */
  get closed(): Promise<unknown> {
    return (this.#ended ??= deferred()).promise;
  }

  /**
   * Resolves when every write made so far has settled, through outages too. A write `until: 'stored'` settles once its line is
   * stored: these lines may still have to be sent then.
   */
  drain(options?: WaitOptions): Promise<void> {
    return abortable(options, (signal) => this.#writes.drained(signal));
  }

  /**
   * Closes for good; it does not wait for writes (`drain` does), and unread lines are discarded. What waits, and every
   * later call, rejects with a `ClosedError`. With a store the session stays there: lines that are stored, unread and unsent
   * ones too, go on with the next connection of this id. Idempotent; resolves once everything is released, and what the store
   * was given is stored or `closeTimeoutMs` have passed.
   *
   * @param error why, when it is a failure: iteration then throws, and the `ClosedError` has it as its cause.
   */
  close(error?: unknown): Promise<void> {
    if (this.#closing === undefined) {
      // There before the first listener is called, which may call `close` too.
      const closing = deferred();
      this.#closing = closing.promise;
      closing.resolve(this.#close(error));
    }
    return this.#closing;
  }

  /**
   * What `await using` does at the end of its scope: waits for the writes made so far, through outages too, but for no
   * longer than `closeTimeoutMs`; then closes. A write that has not settled by then rejects with a `ClosedError`, and one
   * warning to the logger says how many there were.
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
