/**
 * The handshake of a new socket: reads the hello (the first line, with the client's id) and admits or refuses the id
 * (PROTOCOL.md sections 1 and 6). It must end within `timeout` of the socket's arrival. During the handshake the client is sent
 * nothing, with one exception: a client that has offered version 2 is sent the refusal. Bytes that arrive while `authorize`
 * decides are buffered for the session.
 *
 * Terms: an arrival is an accepted socket. A newcomer is an admitted socket whose link has not begun yet. In the public API and
 * in logs, any client whose link has not begun is called a newcomer.
 */
import type { Clock } from '@iot/connection';
import { TcpTransport } from '@iot/connection/node';
import {
  decodeUtf8,
  encodeUtf8,
  endLine,
  hasControlCharacter,
  HelloReader,
  OFFER_LINE,
  PeerError,
  type Hello,
} from '@iot/framing';
import type { Socket } from 'node:net';
import { objection } from './authorize.js';
import { deadline } from './deadline.js';
import { HeldBytes } from './held-bytes.js';
import type { ListenSettings } from './options.js';
import { idProblem, type TlsProof } from './tls/proof.js';

/** Why a newcomer was refused. */
export type RefusalReason =
  | 'proxy'
  | 'bad-hello'
  | 'no-hello'
  | 'not-expected'
  | 'not-authorized'
  | 'tls'
  | 'wrong-id'
  | 'disconnected'
  | 'duplicate'
  | 'too-many-sessions'
  | 'too-many-connections'
  | 'too-many-failures';

/** An accepted socket, and over TLS the certificate or key of its client. */
export interface Arrival {
  /** Number of sockets that were accepted before this one. */
  readonly accepted: number;
  /** When the socket was accepted, by the server's clock. */
  readonly at: number;
  /** Address of the client. Behind a load balancer it is taken from the PROXY header. */
  readonly address: string | undefined;
  readonly proof?: TlsProof;
  /** Why the proof is not valid; undefined if it is. */
  readonly problem?: string | undefined;
}

/** An admitted socket, which is paused. `rest` are the bytes that followed the hello. */
export interface Newcomer extends Hello {
  readonly socket: Socket;
  /** Number of sockets that were accepted before this one. */
  readonly accepted: number;
  /** True when the client has offered version 2, so that the reason of a refusal can be sent to it. */
  readonly offers: boolean;
  readonly address: string | undefined;
}

/** A refused newcomer, for the event `refused`. */
export interface Refusal {
  readonly reason: RefusalReason;
  readonly id: string | undefined;
  readonly address: string | undefined;
  /** Details of the reason, for people. */
  readonly detail?: string | undefined;
}

export interface HandshakeHandlers {
  admitted(newcomer: Newcomer): void;
  refused(refusal: Refusal): void;
  /** The handshake has ended, for any reason. */
  over(handshake: Handshake): void;
}

/** Reads the hello of a new socket, calls `authorize`, and calls one of the handlers. */
export class Handshake {
  readonly #socket: Socket;
  readonly #arrival: Arrival;
  readonly #settings: ListenSettings;
  readonly #handlers: HandshakeHandlers;
  readonly #reader: HelloReader;
  /** Undefined until the hello has been read. */
  #hello: Hello | undefined;
  /** Aborted when the handshake is refused or given up. `authorize` gets this signal. */
  readonly #ended = new AbortController();
  readonly #cancelTimer: () => void;

  constructor(
    socket: Socket,
    arrival: Arrival,
    settings: ListenSettings,
    clock: Clock,
    handlers: HandshakeHandlers,
  ) {
    this.#socket = socket;
    this.#arrival = arrival;
    this.#settings = settings;
    this.#handlers = handlers;
    this.#reader = new HelloReader(settings.maxIdBytes);
    this.#cancelTimer = deadline(clock, arrival.at + settings.timeout, () => this.#late());
    // A failure needs no handling here: 'close' follows it, here and for the next owner of the socket.
    socket.on('error', ignore);
    socket.on('data', this.#onData).on('end', this.giveUp).on('close', this.giveUp).resume();
  }

  /**
   * The id in the hello, which may not be admitted yet. Undefined before the hello, and for an id with control characters
   * unless it is in `expected`, because the id gets into events and logs before the client has authenticated itself.
   */
  get id(): string | undefined {
    const id = this.#hello?.id;
    return id === undefined || isWellFormed(id, this.#settings) ? id : undefined;
  }

  /** True for a socket of the TLS port. */
  get isSecure(): boolean {
    return this.#arrival.proof !== undefined;
  }

  readonly giveUp = (): void => {
    this.#leave();
    this.#ended.abort();
    this.#socket.destroy();
  };

  /** Refuses the client and reports it. */
  refuse(reason: RefusalReason, detail?: string): void {
    this.#leave();
    this.#ended.abort();
    turnAway(this.#socket, this.#hello !== undefined && offersV2(this.#hello), reason);
    this.#handlers.refused({ reason, id: this.id, address: this.#arrival.address, detail });
  }

  readonly #onData = (chunk: Uint8Array): void => {
    try {
      this.#hello = this.#reader.push(chunk);
    } catch (error) {
      if (error instanceof PeerError) return this.refuse('bad-hello');
      throw error;
    }
    if (this.#hello === undefined) return;
    const refusal = refusalOf(this.#hello.id, this.#arrival, this.#settings);
    if (refusal !== undefined) return this.refuse(...refusal);
    this.#socket.off('data', this.#onData);
    if (this.#settings.authorize === undefined) return this.#admit(this.#hello, this.#hello.rest);
    void this.#authorize(this.#hello);
  };

  async #authorize(hello: Hello): Promise<void> {
    const held = new HeldBytes(this.#socket, hello.rest);
    const { signal } = this.#ended;
    const detail = await objection(this.#settings.authorize!, {
      id: hello.id,
      address: this.#arrival.address,
      tls: this.#arrival.proof,
      signal,
    });
    if (signal.aborted) return;
    if (detail === undefined) this.#admit(hello, held.finish());
    else this.refuse('not-authorized', detail);
  }

  #admit(hello: Hello, rest: Uint8Array): void {
    this.#leave();
    this.#socket.pause();
    this.#handlers.admitted({
      id: hello.id,
      rest,
      socket: this.#socket,
      accepted: this.#arrival.accepted,
      address: this.#arrival.address,
      offers: offersV2(hello),
    });
  }

  #late(): void {
    if (this.#hello === undefined) this.refuse('no-hello');
    else this.refuse('not-authorized', `authorize did not answer within ${this.#settings.timeout} ms`);
  }

  #leave(): void {
    this.#cancelTimer();
    this.#socket.off('data', this.#onData).off('end', this.giveUp).off('close', this.giveUp);
    this.#handlers.over(this);
  }
}

function ignore(): void {
  // The event 'close' follows and is handled.
}

/** Reasons that are only logged and not sent to the client, because they would help an attacker who guesses ids. */
const UNEXPLAINED = new Set<RefusalReason>([
  'not-expected',
  'not-authorized',
  'tls',
  'wrong-id',
  'disconnected',
]);

/** Ends the socket of a newcomer. If it has offered version 2, the refusal is sent first. */
export function turnAway(socket: Socket, offers: boolean, reason: RefusalReason): void {
  if (!offers) return void socket.destroy();
  const transport = new TcpTransport(socket);
  const text = UNEXPLAINED.has(reason) ? "see the server's log" : reason;
  transport.write(encodeUtf8(endLine(reason === 'duplicate' ? 'duplicate' : 'refused', text)));
  void transport.close();
}

/** True when the client offers version 2. The offer comes in one segment with the hello (PROTOCOL-2.md section 1). */
function offersV2({ rest }: Hello): boolean {
  return decodeUtf8(rest.subarray(0, OFFER_LINE.length)) === OFFER_LINE;
}

/** Checks an id before `authorize` is called. Returns why it is refused, or undefined. */
function refusalOf(
  id: string,
  { proof, problem }: Arrival,
  settings: ListenSettings,
): [reason: RefusalReason, detail?: string] | undefined {
  const { expected, admit, tls } = settings;
  if (problem !== undefined) return ['tls', problem];
  if (!isWellFormed(id, settings)) return ['bad-hello', `its id has control characters: ${escaped(id)}`];
  if (admit === 'expected' && !expected.has(id)) return ['not-expected'];
  const wrong = proof && idProblem(id, proof, tls?.idOf);
  return wrong === undefined ? undefined : ['wrong-id', wrong];
}

function isWellFormed(id: string, { expected }: ListenSettings): boolean {
  return !hasControlCharacter(id) || expected.has(id);
}

/** The text in printable characters. JSON does not escape U+007F to U+009F, so they are escaped here. */
function escaped(text: string): string {
  return JSON.stringify(text).replace(/[\u007f-\u009f]/g, (it) => `\\u00${it.charCodeAt(0).toString(16)}`);
}
