/**
 * What happens to a socket before it is a link: its hello is read within `timeout`, and its id is admitted or refused
 * (PROTOCOL.md sections 1 and 6). Nothing is sent to it but, if it has offered version 2, why it is refused.
 */
import { nodeClock, peerAddress, TcpTransport } from '@iot/connection/node';
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
  /** It can speak version 2, so it can be told why it is turned away. */
  readonly offers: boolean;
  readonly address: string | undefined;
}

export interface HandshakeHandlers {
  admitted(newcomer: Newcomer): void;
  refused(reason: RefusalReason, address: string | undefined, id?: string): void;
}

/** Reads the hello of a new socket and tells the handlers; the function returned gives up. */
export function readHandshake(
  socket: Socket,
  settings: ListenSettings,
  handlers: HandshakeHandlers,
): () => void {
  const address = peerAddress(socket);
  const reader = new HelloReader(settings.maxIdBytes);
  const refuse = (reason: RefusalReason, hello?: Hello) => {
    leave();
    turnAway(socket, hello !== undefined && offersV2(hello), 'refused', reason);
    handlers.refused(reason, address, hello?.id);
  };
  const onData = (chunk: Uint8Array) => {
    let hello: Hello | undefined;
    try {
      hello = reader.push(chunk);
    } catch (error) {
      if (error instanceof PeerError) return refuse('bad-hello');
      throw error;
    }
    if (hello === undefined) return;
    const reason = refusal(hello.id, settings);
    if (reason !== undefined) return refuse(reason, hello);
    leave();
    socket.pause();
    handlers.admitted({ ...hello, socket, address, offers: offersV2(hello) });
  };
  const giveUp = () => {
    leave();
    socket.destroy();
  };
  let cancelTimer = nodeClock.at(nodeClock.now() + settings.timeout, () => {
    // One further turn: a hello that came while this process was busy is read in it.
    cancelTimer = nodeClock.nextTurn(() => {
      refuse('no-hello');
    });
  });
  const leave = () => {
    cancelTimer();
    socket.off('data', onData).off('end', giveUp).off('close', giveUp);
  };
  // The end of a socket that fails is told by its 'close', here and for whoever has it next.
  socket.on('error', () => undefined);
  socket.on('data', onData).on('end', giveUp).on('close', giveUp);
  return giveUp;
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
