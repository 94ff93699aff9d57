/**
 * The port for TLS: from an accepted socket to one whose handshake is done, with what it has proven, in `timeout` from its
 * arrival at most. The handshakes at a time are limited: those of clients that stop in between are given up
 * earlier when others come.
 *
 * Node makes another socket of the accepted one, and reports it once it is secure. Both have the same two addresses, which
 * join them here.
 */
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { createServer, type Server as TlsServer, type TLSSocket } from 'node:tls';
import type { Clock } from '@iot/connection';
import { LEAST_PSK_BYTES, MOST_PSK_BYTES } from '@iot/connection/internal';
import { UsageError } from '@iot/framing';
import { deadline } from '../deadline.js';
import type { Arrival, Refusal } from '../handshake.js';
import { proofOf } from './proof.js';
import { whyOf } from '../why.js';
import type { TlsSettings } from './options.js';

export interface SecurePortHandlers {
  secure(socket: TLSSocket, arrival: Arrival): void;
  refused(refusal: Refusal): void;
  /** `tls.psk` has failed. */
  failed(why: string): void;
}

/** A handshake that takes a larger share of `timeout` than this has stopped, for all that is known. */
const STALLED_SHARE = 0.25;

/** A socket whose handshake is not done yet. */
interface Entering {
  readonly raw: Socket;
  readonly arrival: Arrival;
  readonly leave: () => void;
}

export class SecurePort {
  readonly #server: TlsServer;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #maxHandshakes: number;
  #settings: TlsSettings;
  #handlers: SecurePortHandlers | undefined;
  /** By the addresses of both ends, the oldest first. */
  readonly #entering = new Map<string, Entering>();
  /** Of the key that was asked for. */
  readonly #identities = new WeakMap<TLSSocket, string>();

  constructor(settings: TlsSettings, timeoutMs: number, clock: Clock) {
    this.#settings = settings;
    this.#timeoutMs = timeoutMs;
    this.#maxHandshakes = settings.maxHandshakes;
    this.#clock = clock;
    this.#server = createServer({
      ...settings.context,
      requestCert: settings.requestCert,
      // One without a good certificate is refused once it has said who it is: see `certificateProblem`.
      rejectUnauthorized: false,
      // Node's own time begins again with each byte; the one that counts is in `#enter`.
      handshakeTimeout: 2 * timeoutMs,
      ...(settings.psk && {
        pskCallback: (socket: TLSSocket, identity: string) => this.#keyOf(socket, identity),
      }),
    });
  }

  start(handlers: SecurePortHandlers): void {
    this.#handlers = handlers;
    this.#server.on('secureConnection', (socket) => this.#secured(socket));
    this.#server.on('tlsClientError', (error, socket) => this.#failed(error, socket));
  }

  /**
   * New handshakes use this; links that there are go on.
   *
   * @throws UsageError `ERR_BAD_OPTION` when it is of another kind.
   */
  reload(settings: TlsSettings): void {
    const { psk, requestCert } = this.#settings;
    if ((settings.psk === undefined) !== (psk === undefined) || settings.requestCert !== requestCert) {
      throw new UsageError(
        'ERR_BAD_OPTION',
        'reload takes tls of the same kind: with psk or without it, with ca or without it, as in listen. For another kind start another server',
      );
    }
    this.#settings = settings;
    this.#server.setSecureContext(settings.context);
  }

  /** Gives up who is in the handshake. */
  abandon(): void {
    for (const { raw } of this.#entering.values()) raw.destroy();
  }

  /** Begins the handshake on a socket that was accepted. */
  enter(raw: Socket, arrival: Arrival): void {
    if (!this.#hasPlace()) {
      raw.on('error', () => undefined).destroy();
      const detail = `there are ${this.#entering.size} TLS handshakes already`;
      const { address } = arrival;
      return this.#handlers!.refused({ reason: 'too-many-connections', id: undefined, address, detail });
    }
    const key = endsOf(raw);
    const cancel = deadline(this.#clock, arrival.at + this.#timeoutMs, () => {
      this.#giveUp(entering, `was not done within ${this.#timeoutMs} ms`);
    });
    const leave = () => {
      cancel();
      raw.off('close', leave);
      this.#entering.delete(key);
    };
    const entering = { raw, arrival, leave };
    this.#entering.set(key, entering);
    raw.on('close', leave);
    this.#server.emit('connection', raw);
  }

  /** Makes one, if need be, by giving up the oldest handshake. */
  #hasPlace(): boolean {
    if (this.#entering.size < this.#maxHandshakes) return true;
    const [oldest] = this.#entering.values();
    const ms = this.#clock.now() - oldest!.arrival.at;
    if (ms <= STALLED_SHARE * this.#timeoutMs) return false;
    this.#giveUp(oldest!, `was not done within ${Math.round(ms)} ms, and others have come`);
    return true;
  }

  #giveUp(entering: Entering, why: string): void {
    entering.leave();
    entering.raw.destroy();
    this.#refuse(entering, `the TLS handshake ${why}`);
  }

  #secured(socket: TLSSocket): void {
    const entering = this.#take(socket);
    // It may have gone already, or be late.
    if (entering === undefined) return void socket.destroy();
    const proven = proofOf(socket, this.#identities.get(socket), this.#settings.requestCert);
    this.#handlers!.secure(socket, { ...entering.arrival, ...proven });
  }

  #failed(error: NodeJS.ErrnoException, socket: TLSSocket): void {
    const entering = this.#take(socket);
    socket.destroy();
    // One that has gone is no news.
    if (entering === undefined || error.code === 'ECONNRESET') return;
    const identity = this.#identities.get(socket);
    const whose = identity === undefined ? '' : ` with the key of ${JSON.stringify(identity)}`;
    this.#refuse(entering, `the TLS handshake${whose} failed: ${error.code ?? error.message}`);
  }

  #take(socket: Socket): Entering | undefined {
    const entering = this.#entering.get(endsOf(socket));
    entering?.leave();
    return entering;
  }

  #refuse({ arrival: { address } }: Entering, detail: string): void {
    this.#handlers!.refused({ reason: 'tls', id: undefined, address, detail });
  }

  /** An unknown identity gets a random key, and fails as a wrong key does: the client cannot tell which it was. */
  #keyOf(socket: TLSSocket, identity: string): Buffer {
    this.#identities.set(socket, identity);
    try {
      const key: unknown = this.#settings.psk!(identity);
      if (isKey(key)) return Buffer.from(key);
      if (key !== undefined)
        this.#handlers?.failed(`it gave no Uint8Array of ${LEAST_PSK_BYTES} to ${MOST_PSK_BYTES} bytes`);
    } catch (error) {
      this.#handlers?.failed(whyOf(error));
    }
    return randomBytes(32);
  }
}

function isKey(key: unknown): key is Uint8Array {
  return key instanceof Uint8Array && key.length >= LEAST_PSK_BYTES && key.length <= MOST_PSK_BYTES;
}

function endsOf({ remoteAddress, remotePort, localAddress }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress}`;
}
