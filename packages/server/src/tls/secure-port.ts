/**
 * The TLS port: makes the TLS handshake on each accepted socket. The handshake must be done within `timeout` of the socket's
 * arrival. The number of handshakes at a time is limited. At the limit, a newcomer replaces the oldest handshake if that one
 * seems to have stalled.
 *
 * Node makes a second socket (the TLS socket) for each accepted socket, and reports only the second one once it is secure. Both
 * have the same addresses and ports at both ends, by which the accepted socket is found again.
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
  /** The function `tls.psk` has failed. */
  failed(why: string): void;
}

/** A handshake that takes longer than this share of `timeout` counts as stalled. */
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
  /** The running handshakes, by the addresses of both ends, the oldest first. */
  readonly #entering = new Map<string, Entering>();
  /** The identity of the key that each client has named. */
  readonly #identities = new WeakMap<TLSSocket, string>();

  constructor(settings: TlsSettings, timeoutMs: number, clock: Clock) {
    this.#settings = settings;
    this.#timeoutMs = timeoutMs;
    this.#maxHandshakes = settings.maxHandshakes;
    this.#clock = clock;
    this.#server = createServer({
      ...settings.context,
      requestCert: settings.requestCert,
      // Node does not refuse a client without a valid certificate: `certificateProblem` does, after the hello, so that its id is
      // known for the log.
      rejectUnauthorized: false,
      // Node restarts its own timeout with each byte. The deadline that counts is set in `enter`.
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
   * Sets the settings of new handshakes. Existing links continue.
   *
   * @throws UsageError `ERR_BAD_OPTION` for another kind of TLS than before.
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

  /** Destroys the sockets whose handshake is not done. */
  abandon(): void {
    for (const { raw } of this.#entering.values()) raw.destroy();
  }

  /** Begins the handshake on an accepted socket. */
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

  /** True when there is space for another handshake. At the limit it gives up the oldest handshake, if that has stalled. */
  #hasPlace(): boolean {
    if (this.#entering.size < this.#maxHandshakes) return true;
    const [oldest] = this.#entering.values();
    const ms = this.#clock.now() - oldest!.arrival.at;
    if (ms <= STALLED_SHARE * this.#timeoutMs) return false;
    this.#giveUp(oldest!, `was not done within ${Math.round(ms)} ms, and other clients are waiting`);
    return true;
  }

  #giveUp(entering: Entering, why: string): void {
    entering.leave();
    entering.raw.destroy();
    this.#refuse(entering, `the TLS handshake ${why}`);
  }

  #secured(socket: TLSSocket): void {
    const entering = this.#take(socket);
    // The client may have disconnected, or the handshake may have been given up.
    if (entering === undefined) return void socket.destroy();
    const proven = proofOf(socket, this.#identities.get(socket), this.#settings.requestCert);
    this.#handlers!.secure(socket, { ...entering.arrival, ...proven });
  }

  #failed(error: NodeJS.ErrnoException, socket: TLSSocket): void {
    const entering = this.#take(socket);
    socket.destroy();
    // A client that disconnects is not reported.
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

  /**
   * Returns the key of an identity. For an unknown identity it returns a random key. The handshake then fails as with a wrong
   * key, so that a client cannot find out which identities exist.
   */
  #keyOf(socket: TLSSocket, identity: string): Buffer {
    this.#identities.set(socket, identity);
    try {
      const key: unknown = this.#settings.psk!(identity);
      if (isKey(key)) return Buffer.from(key);
      if (key !== undefined)
        this.#handlers?.failed(
          `it did not return a Uint8Array of ${LEAST_PSK_BYTES} to ${MOST_PSK_BYTES} bytes`,
        );
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
