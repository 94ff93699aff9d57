/**
 * What happens to a socket before it is a link: its hello is read within `timeout`, and its id is admitted or refused
 * (PROTOCOL.md sections 1 and 6). Nothing is sent to it but, if it has offered version 2, why it is refused.
 */
import type { Clock } from '@iot/connection';
import { peerAddress, TcpTransport } from '@iot/connection/node';
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
import type { ListenSettings } from './options.js';

/** Why a newcomer was turned away. */
export type RefusalReason =
  'bad-hello' | 'no-hello' | 'not-expected' | 'duplicate' | 'too-many-sessions' | 'too-many-connections';

/** A socket, paused, whose hello has been read; `rest` is what came behind it. */
export interface Newcomer extends Hello {
  readonly socket: Socket;
  /** How many sockets were accepted before it. */
  readonly accepted: number;
  /** It can speak version 2, so it can be told why it is turned away. */
  readonly offers: boolean;
  readonly address: string | undefined;
}

export interface HandshakeHandlers {
  admitted(newcomer: Newcomer): void;
  refused(reason: RefusalReason, address: string | undefined, id?: string): void;
  /** It is over, however. */
  over(handshake: Handshake): void;
}

/** Reads the hello of a new socket and tells the handlers. */
export class Handshake {
  readonly #socket: Socket;
  readonly #accepted: number;
  readonly #settings: ListenSettings;
  readonly #handlers: HandshakeHandlers;
  readonly #address: string | undefined;
  readonly #reader: HelloReader;
  #cancelTimer: () => void;

  /** @param accepted how many sockets were accepted before it */
  constructor(
    socket: Socket,
    accepted: number,
    settings: ListenSettings,
    clock: Clock,
    handlers: HandshakeHandlers,
  ) {
    this.#socket = socket;
    this.#accepted = accepted;
    this.#settings = settings;
    this.#handlers = handlers;
    this.#address = peerAddress(socket);
    this.#reader = new HelloReader(settings.maxIdBytes);
    this.#cancelTimer = clock.at(clock.now() + settings.timeout, () => {
      // One further turn: a hello that came while this process was busy is read in it.
      this.#cancelTimer = clock.nextTurn(() => this.#refuse('no-hello'));
    });
    // The end of a socket that fails is told by its 'close', here and for whoever has it next.
    socket.on('error', ignore);
    socket.on('data', this.#onData).on('end', this.giveUp).on('close', this.giveUp);
  }

  readonly giveUp = (): void => {
    this.#leave();
    this.#socket.destroy();
  };

  readonly #onData = (chunk: Uint8Array): void => {
    let hello: Hello | undefined;
    try {
      hello = this.#reader.push(chunk);
    } catch (error) {
      if (error instanceof PeerError) return this.#refuse('bad-hello');
      throw error;
    }
    if (hello === undefined) return;
    const reason = refusal(hello.id, this.#settings);
    if (reason !== undefined) return this.#refuse(reason, hello);
    this.#leave();
    this.#socket.pause();
    this.#handlers.admitted({
      id: hello.id,
      rest: hello.rest,
      socket: this.#socket,
      accepted: this.#accepted,
      address: this.#address,
      offers: offersV2(hello),
    });
  };

  #refuse(reason: RefusalReason, hello?: Hello): void {
    this.#leave();
    turnAway(this.#socket, hello !== undefined && offersV2(hello), 'refused', reason);
    this.#handlers.refused(reason, this.#address, hello?.id);
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

/** Ends the socket of a newcomer; one that has offered version 2 hears why. */
export function turnAway(socket: Socket, offers: boolean, code: 'refused' | 'duplicate', text: string): void {
  if (!offers) return void socket.destroy();
  const transport = new TcpTransport(socket);
  transport.write(encodeUtf8(endLine(code, text)));
  void transport.close();
}

/** The offer comes in one segment with the hello (PROTOCOL-2.md section 1). */
function offersV2({ rest }: Hello): boolean {
  return decodeUtf8(rest.subarray(0, OFFER_LINE.length)) === OFFER_LINE;
}

function refusal(id: string, { expected, admit }: ListenSettings): RefusalReason | undefined {
  if (expected.has(id)) return undefined;
  if (hasControlCharacter(id)) return 'bad-hello';
  return admit === 'expected' ? 'not-expected' : undefined;
}
