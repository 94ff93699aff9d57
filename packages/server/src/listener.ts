/**
 * Handles the sockets that arrive at the ports of a server, until each becomes the link of a session.
 *
 * The steps of a socket: `Entrance` reads the PROXY header of a load balancer and applies the limits for its address. On the TLS
 * port, `SecurePort` makes the TLS handshake. `Handshake` reads the hello and admits the id: the socket is now a newcomer. If
 * the id already has an open link, `Takeover` decides which of the two stays. `Loading` loads the session from a store, if
 * there is one. Then the socket is attached to the session and is its link.
 *
 * A member (`registry.ts`) is a client whose session is in this process.
 */
import type { Server as NetServer, Socket } from 'node:net';
import type { Clock } from '@iot/connection';
import type { LoadedSession } from '@iot/connection/internal';
import { peerAddress, TcpTransport } from '@iot/connection/node';
import {
  Handshake,
  turnAway,
  type HandshakeHandlers,
  type Arrival,
  type Newcomer,
  type Refusal,
  type RefusalReason,
} from './handshake.js';
import { Failures } from './failures.js';
import { Loading } from './loading.js';
import type { ListenSettings } from './options.js';
import type { Member, Registry } from './registry.js';
import { Entrance } from './proxy/entrance.js';
import type { SecurePort } from './tls/secure-port.js';
import { Takeover } from './takeover.js';

/** The ports of a server. At least one is defined. */
export interface Ports {
  readonly plain: NetServer | undefined;
  readonly secure: { readonly net: NetServer; readonly handshakes: SecurePort } | undefined;
}

/** The reports of a listener to its server. */
export interface ListenerHandlers {
  /** Called for each link before it begins, with its client. */
  client(member: Member): void;
  duplicate(id: string, address: string | undefined): void;
  refused(refusal: Refusal): void;
  /** The function `tls.psk` has failed. */
  pskFailed(why: string): void;
}

export class Listener {
  readonly #ports: Ports;
  readonly #settings: ListenSettings;
  readonly #registry: Registry;
  readonly #clock: Clock;
  readonly #handlers: ListenerHandlers;
  /** The running handshakes: their sockets are not admitted yet. */
  readonly #handshakes = new Set<Handshake>();
  #accepted = 0;
  /** By id. */
  readonly #takeovers = new Map<string, Takeover>();
  readonly #loading: Loading;
  readonly #entrance: Entrance;
  /** Undefined without `maxFailuresPerAddress`. */
  readonly #failures: Failures | undefined;

  constructor(
    ports: Ports,
    settings: ListenSettings,
    registry: Registry,
    clock: Clock,
    handlers: ListenerHandlers,
  ) {
    this.#ports = ports;
    this.#settings = settings;
    this.#registry = registry;
    this.#clock = clock;
    this.#handlers = handlers;
    this.#loading = new Loading(settings, registry, clock, (newcomer, session) => {
      this.#enter(newcomer, session);
    });
    const { proxyProtocol: proxies, timeout: timeoutMs, maxConnectionsPerAddress: maxPerAddress } = settings;
    const { maxFailuresPerAddress } = settings;
    const failures = maxFailuresPerAddress === undefined ? undefined : new Failures(maxFailuresPerAddress);
    this.#failures = failures;
    const refused = (refusal: Refusal) => this.#refused(refusal);
    this.#entrance = new Entrance({ proxies, maxPerAddress, failures, timeoutMs, clock, refused });
    for (const net of this.#nets) {
      net.maxConnections = settings.maxConnections;
      net.on('drop', (refused) => {
        const address = peerAddress(refused ?? {});
        handlers.refused({ reason: 'too-many-connections', id: undefined, address });
      });
      // A socket could not be accepted, for instance because no file descriptor is left. Its client will try again.
      net.on('error', () => undefined);
    }
    ports.plain?.on('connection', (socket) => {
      this.#arrived(socket, (arrival) => this.#welcome(socket, arrival));
    });
    const { net, handshakes } = ports.secure ?? {};
    net?.on('connection', (socket) => {
      this.#arrived(socket, (arrival) => handshakes!.enter(socket, arrival));
    });
    handshakes?.start({
      secure: (socket, arrival) => this.#welcome(socket, arrival),
      refused,
      failed: (why) => handlers.pskFailed(why),
    });
  }

  get #nets(): readonly NetServer[] {
    return [this.#ports.plain, this.#ports.secure?.net].filter((net) => net !== undefined);
  }

  /** Stops listening, and destroys the sockets that are not links yet. Resolves once all sockets are closed. */
  async close(): Promise<void> {
    this.#entrance.abandon();
    this.#ports.secure?.handshakes.abandon();
    for (const handshake of this.#handshakes) handshake.giveUp();
    for (const takeover of this.#takeovers.values()) takeover.abandon().socket.destroy();
    this.#loading.close();
    await Promise.all(this.#nets.map((net) => new Promise((resolve) => net.close(resolve))));
  }

  /**
   * Refuses the sockets with this id that are not links yet. It also destroys the sockets of the TLS port that have not sent
   * their id, because one of them may be from this client.
   */
  refuse(id: string, reason: string): void {
    for (const handshake of [...this.#handshakes])
      if (handshake.id === id) handshake.refuse('disconnected', reason);
    const waiting = [this.#takeovers.get(id)?.abandon(), this.#loading.take(id)];
    this.#takeovers.delete(id);
    for (const each of waiting) if (each !== undefined) this.#turnAway(each, 'disconnected', reason);
    this.giveUpUnnamed();
  }

  /**
   * Destroys the sockets of the TLS port that have not sent their id yet. Their key or certificate may have been revoked
   * meanwhile. A client with a valid one will connect again.
   */
  giveUpUnnamed(): void {
    this.#ports.secure?.handshakes.abandon();
    for (const handshake of [...this.#handshakes])
      if (handshake.id === undefined && handshake.isSecure) handshake.giveUp();
  }

  #arrived(socket: Socket, enter: (arrival: Arrival) => void): void {
    const arrival = { accepted: this.#accepted++, at: this.#clock.now(), address: peerAddress(socket) };
    this.#entrance.take(socket, arrival, enter);
  }

  #welcome(socket: Socket, arrival: Arrival): void {
    this.#handshakes.add(
      new Handshake(socket, arrival, this.#settings, this.#clock, this.#handshakeHandlers),
    );
  }

  readonly #handshakeHandlers: HandshakeHandlers = {
    admitted: (newcomer) => this.#bind(newcomer),
    refused: (refusal) => this.#refused(refusal),
    over: (handshake) => this.#handshakes.delete(handshake),
  };

  #refused(refusal: Refusal): void {
    const { address, reason } = refusal;
    if (address !== undefined) this.#failures?.note(address, reason, this.#clock.now());
    this.#handlers.refused(refusal);
  }

  /** Decides about a newcomer: it gets its session, is refused, or has to wait if its id already has an open link. */
  #bind(newcomer: Newcomer): void {
    const member = this.#registry.get(newcomer.id);
    const { onDuplicate } = this.#settings;
    if (member?.pump.session.linkOpen !== true) {
      this.#adopt(newcomer);
    } else if (onDuplicate === 'takeover' && newcomer.accepted > member.accepted) {
      this.#adopt(newcomer);
    } else if (onDuplicate !== 'probe') {
      // 'reject'; or 'takeover' with a newcomer that is older than the link. In this case `authorize` answered late, and the
      // client has connected again meanwhile.
      this.#refuseDuplicate(newcomer);
    } else {
      this.#probe(newcomer, member);
    }
  }

  #probe(newcomer: Newcomer, member: Member): void {
    const { id } = newcomer;
    const running = this.#takeovers.get(id);
    if (running !== undefined) {
      running.replace(newcomer);
      return;
    }
    const { timeout } = this.#settings;
    const decided = (handOver: boolean, latest: Newcomer) => {
      this.#takeovers.delete(id);
      if (handOver) this.#adopt(latest);
      else this.#refuseDuplicate(latest);
    };
    const { pump } = member;
    const isLater = ({ accepted }: Newcomer) => accepted > member.accepted;
    this.#takeovers.set(
      id,
      new Takeover({ clock: this.#clock, timeoutMs: timeout, pump, newcomer, isLater, decided }),
    );
  }

  #adopt(newcomer: Newcomer): void {
    const { socket, id } = newcomer;
    // The client may have disconnected while it waited.
    if (socket.destroyed) return;
    const { store } = this.#settings;
    if (store === undefined || this.#registry.get(id) !== undefined) this.#enter(newcomer);
    else if (this.#hasPlace(newcomer)) this.#loading.add(newcomer, store);
  }

  /** Makes the newcomer the link of its session: an existing one, a loaded one, or a new one. */
  #enter(newcomer: Newcomer, loaded?: LoadedSession): void {
    const { id } = newcomer;
    const member = this.#registry.get(id);
    if (member !== undefined) this.#link(newcomer, member);
    else if (this.#hasPlace(newcomer)) this.#link(newcomer, this.#registry.add(id, loaded));
  }

  /** False when the number of sessions has reached the limit. The newcomer was refused then. */
  #hasPlace(newcomer: Newcomer): boolean {
    if (this.#registry.hasSpace || this.#settings.expected.has(newcomer.id)) return true;
    this.#turnAway(newcomer, 'too-many-sessions');
    return false;
  }

  #link({ socket, accepted, rest, address }: Newcomer, member: Member): void {
    this.#handlers.client(member);
    member.accepted = accepted;
    // Resumed before `attach`, because the session may pause the socket there.
    socket.resume();
    member.pump.attach(new TcpTransport(socket, address), rest);
    this.#registry.linked(member);
  }

  #refuseDuplicate(newcomer: Newcomer): void {
    this.#handlers.duplicate(newcomer.id, newcomer.address);
    this.#turnAway(newcomer, 'duplicate');
  }

  #turnAway({ socket, id, address, offers }: Newcomer, reason: RefusalReason, detail?: string): void {
    turnAway(socket, offers, reason);
    this.#handlers.refused({ reason, id, address, detail });
  }
}
