/**
 * `Server`: the object that `listen` returns. It gives the application the connections of its clients, waits for clients, emits
 * events and closes. The listener (`listener.ts`) turns sockets into links, and the registry (`registry.ts`) has the clients.
 */
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
  /** The same option as in `listen`. `port`, `idOf` and `maxHandshakes` are ignored: they cannot change. */
  readonly tls: TlsListenOptions;
}

export interface WaitAllOptions extends WaitOptions {
  /** Ids to wait for. Default: the ids in the option `expected` of the server. */
  readonly peers?: Iterable<string> | undefined;
}

/** A server, which `listen` returns. */
export class Server implements AsyncDisposable {
  /** The address of the port without TLS, or of the TLS port if there is no other. `port` is the actual number, never 0. */
  readonly address: AddressInfo;
  /** The address of the TLS port; undefined without TLS. */
  readonly tlsAddress: AddressInfo | undefined;
  readonly #settings: ListenSettings;
  readonly #clock: Clock;
  readonly #secure: SecurePort | undefined;
  readonly #registry: Registry;
  readonly #listener: Listener;
  readonly #events = new Emitter<ServerEvents>(SERVER_EVENTS);
  #closing: Promise<void> | undefined;
  readonly #ended = deferred();

  /** Applications do not call this: they get a server from `listen`. */
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
    // In the next turn, so that the caller of `listen` can add a listener first.
    if (restored.length > 0) this.#clock.nextTurn(() => restored.forEach((member) => this.#announce(member)));
    if (plain !== undefined) warnIfOpen(this.address, settings);
  }

  /** The connections of all clients that are known now, up or down. */
  get clients(): Iterable<Connection> {
    return this.#registry.connections();
  }

  /**
   * True when this client is known, up or down: it has connected before and its connection is not closed. With a store, the
   * clients whose sessions were in the store when `listen` resolved are known too.
   */
  has(id: string): boolean {
    return this.#registry.get(id) !== undefined;
  }

  /**
   * Returns the connection of a known client, up or down.
   *
   * @throws UsageError `ERR_UNKNOWN_CLIENT` when the client has never connected, or was closed or forgotten since.
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
   * Forgets a client: closes its connection and deletes its session, in the store too. When the client connects again, it gets a
   * new session. A line that it retransmits then is taken for a new line. Resolves once everything is released, with false when
   * the client is not known.
   *
   * @throws StoreError when the store fails
   */
  forget(id: string): Promise<boolean> {
    return this.#registry.forget(id);
  }

  /**
   * Ends the link of a client, if it has one, and refuses newcomers with its id. The connection stays open and keeps its waiting
   * lines, and the client may connect again. `authorize`, which is called for every link, can then refuse it. Resolves once the
   * socket is closed, with false when there was no link.
   *
   * @param reason for the log, and for the event `refused` of newcomers. It is not sent to the client
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
   * Replaces the keys and certificates for all TLS handshakes from now on. They must be of the same kind as those given to
   * `listen`. Existing links continue: call `disconnect` for a client whose key or certificate is no longer valid. Sockets of
   * the TLS port that have not sent their id yet are destroyed, and their clients connect again. TLS sessions that clients have
   * kept are no longer resumed.
   *
   * @throws UsageError `ERR_BAD_OPTION` for options that cannot work, when the server has no TLS, and for another kind of TLS:
   * certificates instead of pre-shared keys, or the reverse, or `ca` added or removed. Nothing changes then.
   */
  reload({ tls }: ReloadOptions): void {
    if (this.#secure === undefined)
      throw new UsageError('ERR_BAD_OPTION', 'this server has no TLS: give tls to listen');
    this.#secure.reload(tlsSettings(tls));
    this.#listener.giveUpUnnamed();
  }

  /**
   * Waits until this client is up, and returns its connection. It is the same object for an id every time, until it is closed.
   *
   * @throws ClosedError when the server or the connection is closed, before the call or while it waits.
   * @throws UsageError `ERR_BAD_ID` for an id that is not a string; `ERR_BAD_OPTION` for unknown options, and for a `signal`
   * that is not an AbortSignal.
   */
  client(id: string, options?: WaitOptions): Promise<Connection> {
    if (this.#closing !== undefined) return rejected(new ClosedError('the server was closed'));
    return quiet(this.#client(id, options));
  }

  /**
   * Waits until all clients in `peers` are up, by default all in `expected`. If an id is given, it waits for this client too, and
   * returns its connection.
   *
   * @throws ClosedError when the server, or one of these connections, is closed, before the call or while it waits.
   * @throws UsageError `ERR_BAD_ID` for an id that is not a string, `ERR_BAD_OPTION` for options that cannot work.
   */
  waitAll(options?: WaitAllOptions): Promise<void>;
  waitAll(id: string, options?: WaitAllOptions): Promise<Connection>;
  waitAll(first?: string | WaitAllOptions, second?: WaitAllOptions): Promise<Connection | void> {
    const [id, options] = typeof first === 'object' ? [undefined, first] : [first, second];
    return quiet(this.#waitAll(id, options));
  }

  /**
   * Adds a listener to an event and returns a function that removes it. An error that the listener throws becomes an uncaught
   * exception.
   *
   * @throws UsageError `ERR_BAD_OPTION` for an unknown event, and for a listener that is not a function.
   */
  on<E extends keyof ServerEvents>(event: E, listener: (...args: ServerEvents[E]) => void): () => void {
    return this.#events.on(event, listener);
  }

  /**
   * Waits until the event is emitted next, and resolves with the arguments that a listener would get.
   *
   * @throws ClosedError when the server is closed, before the call or before the event.
   * @throws UsageError `ERR_BAD_OPTION` for an unknown event.
   */
  once<E extends keyof ServerEvents>(event: E, options?: WaitOptions): Promise<ServerEvents[E]> {
    return this.#events.once(event, options);
  }

  /** Resolves once the server is closed and its ports are free. */
  get closed(): Promise<void> {
    return this.#ended.promise;
  }

  /**
   * Stops listening and closes every connection. Idempotent. Resolves once the ports are free and, with a store, the last
   * entries are stored or `closeTimeoutMs` have passed.
   */
  close(): Promise<void> {
    if (this.#closing === undefined) {
      // Set before the first listener is called, because a listener may call `close` too.
      const closing = deferred();
      this.#closing = closing.promise;
      closing.resolve(this.#close());
    }
    return this.#closing;
  }

  /**
   * Called by `await using` at the end of its scope. It waits for the writes made so far to clients that are up, for at most
   * `closeTimeoutMs` in total. Then it closes. Writes that have not settled by then reject with a `ClosedError`, and one warning
   * in the log gives their number.
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
        'waitAll takes one id, or options; for a list of ids call waitAll({ peers: ids })',
      );
    }
    const signal = signalOf(options, ['peers', 'signal']);
    const { peers = this.#settings.expected } = options;
    const ids = new Set(idSet('peers', peers));
    if (id !== undefined) ids.add(id);
    signal?.throwIfAborted();
    // If one wait fails, the others are aborted. `AbortSignal.any` is not used, because it leaks memory on each call with a
    // signal that exists for long.
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

/**
 * Logs a warning at the start if nothing authenticates clients: an id is not a password. It is only a warning, so that boards
 * that support neither TLS nor keys still work.
 */
function warnIfOpen({ address, port }: AddressInfo, { authorize, logger }: ListenSettings): void {
  if (authorize !== undefined || isLoopback(address)) return;
  new LinkLog(logger, undefined).write(
    'warn',
    'anyone who can reach this port can pose as any client and read its lines: set tls or authorize, or listen on a loopback address or within a VPN',
    { address, port },
  );
}

function isLoopback(address: string): boolean {
  return address === '::1' || /^(::ffff:)?127\./i.test(address);
}
