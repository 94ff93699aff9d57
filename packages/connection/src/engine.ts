/**
 * The interface of an engine: the part of a connection that sends and receives its lines. There are two engines. A pump
 * (`pump.ts`) drives a session over a transport. A `LoadingEngine` takes the place of the pump while the session is loaded
 * from a store.
 *
 * Terms: a ticket is the number that an engine gives to each line written to it. Tickets ascend. A line is settled when the
 * engine has no more to do for it: it was acked, or, with `qos: false`, the transport has taken it. "In the store only" means
 * that the text of an unsent line is on disk and not in memory: with a store, an engine keeps only part of a long backlog in
 * memory, and reads the rest back as it sends.
 */
import type { Session, SessionEvent, SessionStats, WriteFlags, WrittenLine } from '@iot/qos';
import type { Clock } from './ports.js';

export interface EngineHandlers {
  event(event: SessionEvent): void;
  /** Moves lines between the engine and the application. True when any was moved. Called when lines may be ready to move. */
  exchange(): boolean;
  /** All lines with qos up to this ticket are stored. Only called by an engine with a store. */
  stored?(ticket: number): void;
  /** An unsent line that was in the store only is in memory again. */
  returned?(line: WrittenLine): void;
  /** The engine cannot continue its session and has stopped. The connection must be closed with this error. */
  lost?(error: unknown): void;
}

/** A line received. */
export interface TakenLine {
  readonly text: string;
  /** When it was received, ms since 1970. */
  readonly at: number;
  /** An earlier process stored this line and may already have given it to the application. */
  readonly redelivered: boolean;
}

export interface Engine {
  readonly clock: Clock;
  /** True while the link is up. */
  readonly up: boolean;
  /** Lines received and not read. */
  readonly unread: number;
  readonly stats: SessionStats;
  /** The protocol version of the link, or of the last link while down. Undefined until it is known. */
  readonly protocol: 1 | 2 | undefined;
  /** Bytes received and sent over all links, without TLS overhead. */
  readonly bytesReceived: number;
  readonly bytesSent: number;
  /** Address of the other end while there is a link. */
  readonly remoteAddress: string | undefined;
  /** Set by the connection while it has lines to write for which the engine has no space. The engine then calls `exchange`. */
  roomWanted: boolean;
  /** The longest line that `write` accepts. */
  readonly maxLineBytes: number;
  /** True when the engine stores lines with qos before it sends them. */
  readonly stores: boolean;
  /** Sets the handlers. Called once, before any other method. */
  start(handlers: EngineHandlers): void;
  /** Takes a checked line and returns its ticket. An event `settled` with this ticket follows when the line is settled. */
  write(text: string, flags: WriteFlags): number;
  /** Withdraws a line if it has not been sent. @param bytes its size, which is needed if it is in the store only */
  withdraw(ticket: number, bytes?: number): void;
  /** True for a line that was written and has never been sent. `withdraw` takes it back. */
  isUnsent(ticket: number): boolean;
  /** True for an unsent line that is in the store only. */
  isShelved(ticket: number): boolean;
  /** Number and size (UTF-8) of the unsent lines in the store only, without those that are sent newest first. */
  readonly shelved: Session['shelved'];
  /**
   * Number and size of the unsent lines in the store only that are sent newest first (lane `newest`), and the oldest of them.
   * They are older than all lines of that lane in memory.
   */
  readonly stacked: Session['stacked'];
  /** Starts to read the size of the oldest line of `stacked` from the store. `exchange` is called when the size is known. */
  lookUpOldest(): void;
  /**
   * All unsent lines in memory, in the order of their tickets. Undefined while the session is being loaded, because the lines
   * of the earlier process are not known yet.
   */
  unsentLines(): readonly WrittenLine[] | undefined;
  /** Number of unsent lines that were written with these flags. */
  unsent(flags: WriteFlags): number;
  /** Removes and returns the oldest unread line. The line counts as done (processed). */
  read(): string | undefined;
  /** Removes and returns the oldest unread line. The line counts as done when `done` is called with it. */
  take(): TakenLine | undefined;
  done(line: TakenLine): void;
  /** Ends the link in order, and accepts no other. Resolves once everything is released. */
  close(): Promise<void>;
}
