/** What comes in at the port: from the accepted socket to the session that takes it as its link. */
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

/** Where clients come in; one of them at least. */
export interface Ports {
  readonly plain: NetServer | undefined;
  readonly secure: { readonly net: NetServer; readonly handshakes: SecurePort } | undefined;
}

/** What a listener reports. */
export interface ListenerHandlers {
  /** A client has come, before its link begins. */
  client(member: Member): void;
  duplicate(id: string, address: string | undefined): void;
  refused(refusal: Refusal): void;
  /** `tls.psk` has failed. */
  pskFailed(why: string): void;
}

export class Listener {
  readonly #ports: Ports;
  readonly #settings: ListenSettings;
  readonly #registry: Registry;
  readonly #clock: Clock;
  readonly #handlers: ListenerHandlers;
  /** Of sockets without a hello yet. */
  readonly #handshakes = new Set<Handshake>();
  #accepted = 0;
  /** By id. */
  readonly #takeovers = new Map<string, Takeover>();
  readonly #loading: Loading;
  readonly #entrance: Entrance;
  /** Undefined where they are not limited. */
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
      // A socket that could not be accepted (no file descriptor is left, say): its client comes again.
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

  /** Stops listening and gives up who is not in yet; resolves once all sockets are closed. */
  async close(): Promise<void> {
    this.#entrance.abandon();
    this.#ports.secure?.handshakes.abandon();
    for (const handshake of this.#handshakes) handshake.giveUp();
    for (const takeover of this.#takeovers.values()) takeover.abandon().socket.destroy();
    this.#loading.close();
    await Promise.all(this.#nets.map((net) => new Promise((resolve) => net.close(resolve))));
  }

  /** Turns away those of this id that are not in yet. */
  refuse(id: string, reason: string): void {
    for (const handshake of [...this.#handshakes])
      if (handshake.id === id) handshake.refuse('disconnected', reason);
    const waiting = [this.#takeovers.get(id)?.abandon(), this.#loading.take(id)];
    this.#takeovers.delete(id);
    for (const each of waiting) if (each !== undefined) this.#turnAway(each, 'disconnected', reason);
    this.giveUpUnnamed();
  }

  /**
   * Gives up those that come over TLS and have not said an id: what they prove, or have proven, may count no more. An honest
   * client comes again.
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

  /** The newcomer's id is known: its session takes it, unless that has a link that is up. */
  #bind(newcomer: Newcomer): void {
    const member = this.#registry.get(newcomer.id);
    const { onDuplicate } = this.#settings;
    if (member?.pump.session.linkOpen !== true) {
      this.#adopt(newcomer);
    } else if (onDuplicate === 'takeover' && newcomer.accepted > member.accepted) {
      this.#adopt(newcomer);
    } else if (onDuplicate !== 'probe') {
      // With 'takeover': `authorize` has answered late, and the client has come again meanwhile.
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
    // It may have gone while it waited.
    if (socket.destroyed) return;
    const { store } = this.#settings;
    if (store === undefined || this.#registry.get(id) !== undefined) this.#enter(newcomer);
    else if (this.#hasPlace(newcomer)) this.#loading.add(newcomer, store);
  }

  /** The newcomer is the link of its session: one that is here, or as it was loaded, or a new one. */
  #enter(newcomer: Newcomer, loaded?: LoadedSession): void {
    const { id } = newcomer;
    const member = this.#registry.get(id);
    if (member !== undefined) this.#link(newcomer, member);
    else if (this.#hasPlace(newcomer)) this.#link(newcomer, this.#registry.add(id, loaded));
  }

  /** False for one that is turned away: there are as many sessions as may be. */
  #hasPlace(newcomer: Newcomer): boolean {
    if (this.#registry.hasSpace || this.#settings.expected.has(newcomer.id)) return true;
    this.#turnAway(newcomer, 'too-many-sessions');
    return false;
  }

  #link({ socket, accepted, rest, address }: Newcomer, member: Member): void {
    this.#handlers.client(member);
    member.accepted = accepted;
    // Before the session may hold it off.
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
