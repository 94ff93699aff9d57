/** The server an application holds: its clients, waiting for them, its events, its end. */
import type { AddressInfo } from 'node:net';
import type { Clock, Connection, WaitOptions } from '@iot/connection';
import {
  atMost,
  deferred,
  Emitter,
  LinkLog,
  onAbort,
  quiet,
  rejected,
  signalOf,
  type LoadedSession,
} from '@iot/connection/internal';
import { ClosedError, UsageError } from '@iot/framing';
import { SERVER_EVENTS, type ServerEvents } from './events.js';
import { Listener, type Ports } from './listener.js';
import { idSet, isList, requireIdString, type ListenSettings } from './options.js';
import { Registry, type Member } from './registry.js';
import { tlsSettings, type TlsListenOptions } from './tls/options.js';
import type { SecurePort } from './tls/secure-port.js';

export interface ReloadOptions {
  /** As in `listen`; `port`, `idOf` and `maxHandshakes` stay as they are. */
  readonly tls: TlsListenOptions;
}

export interface WaitAllOptions extends WaitOptions {
  /** Ids to wait for. Default: the `expected` of the server. */
  readonly peers?: Iterable<string> | undefined;
}

export class Server implements AsyncDisposable {
  /** Where it listens, without TLS if it has a port without TLS; `port` is the real one when 0 was asked for. */
  readonly address: AddressInfo;
  /** Where it listens with TLS; undefined without. */
  readonly tlsAddress: AddressInfo | undefined;
  readonly #settings: ListenSettings;
  readonly #clock: Clock;
  readonly #secure: SecurePort | undefined;
  readonly #registry: Registry;
  readonly #listener: Listener;
  readonly #events = new Emitter<ServerEvents>(SERVER_EVENTS);
  #closing: Promise<void> | undefined;
  readonly #ended = deferred();

  /** Applications get theirs from `listen`. */
  constructor(ports: Ports, settings: ListenSettings, clock: Clock, stored: readonly LoadedSession[]) {
    const { plain, secure } = ports;
    this.tlsAddress = secure?.net.address() as AddressInfo | undefined;
    this.address = (plain?.address() as AddressInfo | undefined) ?? this.tlsAddress!;
    this.#settings = settings;
    this.#clock = clock;
    this.#secure = secure?.handshakes;
    this.#registry = new Registry(settings, this.#clock, this.#events);
    this.#listener = new Listener(ports, settings, this.#registry, this.#clock, {
      client: (member) => {
        this.#announce(member);
      },
      duplicate: (id, address) => {
        new LinkLog(settings.logger, id).write('warn', 'two boards have this id', { address });
        this.#events.emit('duplicate', id, address);
      },
      refused: ({ reason, id, address, detail }) => {
        const more = detail === undefined ? {} : { detail };
        new LinkLog(settings.logger, id).write('warn', 'a newcomer was turned away', {
          reason,
          address,
          ...more,
        });
        this.#events.emit('refused', reason, id, address, ...Object.values(more));
      },
      pskFailed: (why) => {
        new LinkLog(settings.logger, undefined).write('error', 'tls.psk has failed', { why });
      },
    });
    const restored = this.#registry.restore(stored);
    // Once the caller of `listen` has had the time to listen to it.
    if (restored.length > 0) this.#clock.nextTurn(() => restored.forEach((member) => this.#announce(member)));
    if (plain !== undefined) warnIfOpen(this.address, settings);
  }

  /** The connections of all clients that have come and are not closed, up or down, as of now. */
  get clients(): Iterable<Connection> {
    return this.#registry.connections();
  }

  /**
   * True when this client has come and its connection is open, up or down. With a store also for each session that was there
   * when `listen` resolved.
   */
  has(id: string): boolean {
    return this.#registry.get(id) !== undefined;
  }

  /**
   * The connection of a client that has come, up or down.
   *
   * @throws UsageError `ERR_UNKNOWN_CLIENT` when it has not come, or has been closed or forgotten since.
   */
  get(id: string): Connection {
    const member = this.#registry.get(id);
    if (member === undefined) {
      throw new UsageError(
        'ERR_UNKNOWN_CLIENT',
        `client ${JSON.stringify(id)} has not connected: wait for it with client()`,
      );
    }
    return member.connection;
  }

  /**
   * Forgets a client: closes its connection, so that its id is new when it comes again, and a line that it repeats then
   * is new too. With a store its session is forgotten there as well. False when it is not known; resolves once everything is
   * released.
   *
   * @throws StoreError when that cannot be stored
   */
  forget(id: string): Promise<boolean> {
    return this.#registry.forget(id);
  }

  /**
   * Ends the link of a client, if it has one, and turns away what else has come with its id and is not in yet. Its
   * connection stays, with the lines that wait, and the client may come again: whether it is let in then is for
   * `authorize` to say, which is asked at every link. False when there was no link; resolves once its socket is closed.
   *
   * @param reason for the log, and the event `refused` of one that was not in yet; it is not sent to the client
   * @throws UsageError `ERR_BAD_ID` for an id that is not a string.
   */
  async disconnect(id: string, reason: string): Promise<boolean> {
    requireIdString(id, 'ERR_BAD_ID');
    this.#listener.refuse(id, reason);
    const pump = this.#registry.get(id)?.pump;
    if (pump?.session.linkOpen !== true) return false;
    new LinkLog(this.#settings.logger, id).write('warn', 'the client is disconnected', { reason });
    await pump.hangUp({ code: 'closed', text: 'disconnected by the server', waitMs: 0 });
    return true;
  }

  /**
   * Takes other keys and certificates, of the same kind as those of `listen`, for all TLS handshakes from now on. Links
   * go on; of a client whose key or certificate is not good any more, end the link by `disconnect`. Clients that have said
   * no id yet are given up, and come again. Sessions that clients
   * have kept to resume are not taken any more.
   *
   * @throws UsageError `ERR_BAD_OPTION` for what cannot work, and then nothing has changed; also when the server has no
   * TLS, or other keys would need another server: certificates in place of pre-shared keys, `ca` where there was none.
   */
  reload({ tls }: ReloadOptions): void {
    if (this.#secure === undefined)
      throw new UsageError('ERR_BAD_OPTION', 'this server has no TLS: give tls to listen');
    this.#secure.reload(tlsSettings(tls));
    this.#listener.giveUpUnnamed();
  }

  /**
   * Waits until this client is up. The same object for an id every time, until it is closed.
   *
   * @throws ClosedError when the server, or that connection, is or gets closed.
   * @throws UsageError `ERR_BAD_ID` for an id that is not a string, `ERR_BAD_OPTION` for unknown options and a `signal` that is not an AbortSignal.
   */
  client(id: string, options?: WaitOptions): Promise<Connection> {
    if (this.#closing !== undefined) return rejected(new ClosedError('the server was closed'));
    return quiet(this.#client(id, options));
  }

  /**
   * Waits until all `peers` are up, by default all that are expected; with an id, for that client too.
   *
   * @throws ClosedError when the server, or a connection waited for, is or gets closed.
   * @throws UsageError `ERR_BAD_ID` for an id that is not a string, `ERR_BAD_OPTION` for options that cannot work.
   */
  waitAll(options?: WaitAllOptions): Promise<void>;
  waitAll(id: string, options?: WaitAllOptions): Promise<Connection>;
  waitAll(first?: string | WaitAllOptions, second?: WaitAllOptions): Promise<Connection | void> {
    const [id, options] = typeof first === 'object' ? [undefined, first] : [first, second];
    return quiet(this.#waitAll(id, options));
  }

  /**
   * Listens to an event; the function returned stops it. A listener that throws is an uncaught exception.
   *
   * @throws UsageError `ERR_BAD_OPTION` for an unknown event, and a listener that is not a function.
   */
  on<E extends keyof ServerEvents>(event: E, listener: (...args: ServerEvents[E]) => void): () => void {
    return this.#events.on(event, listener);
  }

  /**
   * Waits for the next time of an event; resolves with the arguments that a listener would get.
   *
   * @throws ClosedError when the server is closed already, or gets closed before.
   * @throws UsageError `ERR_BAD_OPTION` for an event that there is none of.
   */
  once<E extends keyof ServerEvents>(event: E, options?: WaitOptions): Promise<ServerEvents[E]> {
    return this.#events.once(event, options);
  }

  /** Resolves once the server is closed and the port is free. */
  get closed(): Promise<void> {
    return this.#ended.promise;
  }

  /**
   * Stops listening and closes every connection. Idempotent; resolves once the port is free and, with a store, what it was
   * given is stored, or `closeTimeoutMs` have passed.
   */
  close(): Promise<void> {
    if (this.#closing === undefined) {
      // There before the first listener is called, which may call `close` too.
      const closing = deferred();
      this.#closing = closing.promise;
      closing.resolve(this.#close());
    }
    return this.#closing;
  }

  /**
   * What `await using` does at the end of its scope: waits for the writes made so far to clients that are up, for no
   * longer than `closeTimeoutMs` in all; then closes. A write that has not settled by then rejects with a `ClosedError`,
   * and one warning to the logger says how many there were.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    const { closeTimeoutMs, logger } = this.#settings;
    await atMost(this.#clock, closeTimeoutMs, (signal) => this.#registry.drained(signal));
    const pending = this.#registry.connections().map(({ pendingWrites }) => pendingWrites);
    const dropped = pending.reduce((sum, writes) => sum + writes, 0);
    new LinkLog(logger, undefined).dropped(dropped, closeTimeoutMs);
    await this.close();
  }

  #announce(member: Member): void {
    if (member.announced || this.#registry.get(member.id) !== member) return;
    member.announced = true;
    this.#events.emit('client', member.connection);
  }

  async #client(id: string, options: WaitOptions | undefined): Promise<Connection> {
    requireIdString(id, 'ERR_BAD_ID');
    const signal = signalOf(options);
    const connection = await this.#registry.appeared(id, signal);
    await connection.ready({ signal });
    return connection;
  }

  async #waitAll(id: string | undefined, options: WaitAllOptions = {}): Promise<Connection | void> {
    if (id !== undefined) requireIdString(id, 'ERR_BAD_ID');
    if (isList(options)) {
      throw new UsageError(
        'ERR_BAD_OPTION',
        'waitAll takes one id, or options: for a list waitAll({ peers: ids })',
      );
    }
    const signal = signalOf(options, ['peers', 'signal']);
    const { peers = this.#settings.expected } = options;
    const ids = new Set(idSet('peers', peers));
    if (id !== undefined) ids.add(id);
    signal?.throwIfAborted();
    // When one wait fails the others are given up with it. `AbortSignal.any` leaks memory on each call
    // with a signal that is kept.
    const waits = new AbortController();
    const stopListening = onAbort(signal, () => waits.abort(signal?.reason));
    try {
      const connections = await Promise.all(
        [...ids].map((each) => this.client(each, { signal: waits.signal })),
      );
      return id === undefined ? undefined : connections.find((connection) => connection.id === id);
    } finally {
      stopListening();
      waits.abort();
    }
  }

  async #close(): Promise<void> {
    const error = new ClosedError('the server was closed');
    const stopped = this.#listener.close();
    await this.#registry.close(error);
    await stopped;
    this.#events.emit('close');
    this.#events.end(error);
    this.#ended.resolve();
  }
}

/** An id is no password. One line at the start, and no more: boards that cannot do better go on working. */
function warnIfOpen({ address, port }: AddressInfo, { authorize, logger }: ListenSettings): void {
  if (authorize !== undefined || isLoopback(address)) return;
  new LinkLog(logger, undefined).write(
    'warn',
    'whoever reaches this port can be any client and read along: set tls or authorize, or listen on a loopback address or within a VPN',
    { address, port },
  );
}

function isLoopback(address: string): boolean {
  return address === '::1' || /^(::ffff:)?127\./i.test(address);
}
