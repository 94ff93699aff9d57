/**
 * What happens to a socket before it is a link: its hello is read, and its id is admitted or refused (PROTOCOL.md
 * sections 1 and 6), all within `timeout` of its arrival. Nothing is sent to it but, if it has offered version 2, that it
 * is refused. Until `authorize` has answered, what comes after the hello is kept and not read.
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

/** Why a newcomer was turned away. */
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

/** A socket that was accepted, and over TLS what its client has proven. */
export interface Arrival {
  /** How many sockets were accepted before it. */
  readonly accepted: number;
  /** When, by the server's clock. */
  readonly at: number;
  /** Of the client, as a load balancer says where one is in between. */
  readonly address: string | undefined;
  readonly proof?: TlsProof;
  /** Why that is not enough. */
  readonly problem?: string | undefined;
}

/** A socket, paused, whose hello has been read; `rest` is what came after it. */
export interface Newcomer extends Hello {
  readonly socket: Socket;
  /** How many sockets were accepted before it. */
  readonly accepted: number;
  /** It can speak version 2, so the reason of a refusal can be sent to it. */
  readonly offers: boolean;
  readonly address: string | undefined;
}

/** A newcomer that was turned away. */
export interface Refusal {
  readonly reason: RefusalReason;
  readonly id: string | undefined;
  readonly address: string | undefined;
  /** More than the reason says, for people. */
  readonly detail?: string | undefined;
}

export interface HandshakeHandlers {
  admitted(newcomer: Newcomer): void;
  refused(refusal: Refusal): void;
  /** It is over, however. */
  over(handshake: Handshake): void;
}

/** Reads the hello of a new socket, has its id authorized, and calls the handlers. */
export class Handshake {
  readonly #socket: Socket;
  readonly #arrival: Arrival;
  readonly #settings: ListenSettings;
  readonly #handlers: HandshakeHandlers;
  readonly #reader: HelloReader;
  /** Once it has been read. */
  #hello: Hello | undefined;
  /** Aborted when it ends without being admitted or refused by `authorize`. */
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
    // The end of a socket that fails is reported by its 'close', here and to the code that has it next.
    socket.on('error', ignore);
    socket.on('data', this.#onData).on('end', this.giveUp).on('close', this.giveUp).resume();
  }

  /**
   * The id that it has said, and that is not admitted yet. Without one that has control characters: it would go to events and
   * logs before the client has proven anything.
   */
  get id(): string | undefined {
    const id = this.#hello?.id;
    return id === undefined || isWellFormed(id, this.#settings) ? id : undefined;
  }

  /** It has come over TLS. */
  get isSecure(): boolean {
    return this.#arrival.proof !== undefined;
  }

  readonly giveUp = (): void => {
    this.#leave();
    this.#ended.abort();
    this.#socket.destroy();
  };

  /** Turns it away. */
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
  // Told elsewhere.
}

/** Reasons that are not sent to a client, since they would help one that guesses ids: they are in the log. */
const UNEXPLAINED = new Set<RefusalReason>([
  'not-expected',
  'not-authorized',
  'tls',
  'wrong-id',
  'disconnected',
]);

/** Ends the socket of a newcomer; one that has offered version 2 is sent the refusal. */
export function turnAway(socket: Socket, offers: boolean, reason: RefusalReason): void {
  if (!offers) return void socket.destroy();
  const transport = new TcpTransport(socket);
  const text = UNEXPLAINED.has(reason) ? "see the server's log" : reason;
  transport.write(encodeUtf8(endLine(reason === 'duplicate' ? 'duplicate' : 'refused', text)));
  void transport.close();
}

/** The offer comes in one segment with the hello (PROTOCOL-2.md section 1). */
function offersV2({ rest }: Hello): boolean {
  return decodeUtf8(rest.subarray(0, OFFER_LINE.length)) === OFFER_LINE;
}

/** Why this id is not admitted, before the application is asked. */
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

/** In printable characters. JSON leaves those from U+007F to U+009F as they are. */
function escaped(text: string): string {
  return JSON.stringify(text).replace(/[\u007f-\u009f]/g, (it) => `\\u00${it.charCodeAt(0).toString(16)}`);
}
