/**
 * What moves the lines of a connection: a pump over a session, or another machine that keeps lines through outages, such
 * as a board's end of an I2C channel.
 */
import type { Session, SessionEvent, SessionStats, WriteFlags, WrittenLine } from '@iot/qos';
import type { Clock } from './ports.js';

export interface EngineHandlers {
  event(event: SessionEvent): void;
  /** Move lines between the engine and the application; true when any was moved. Called when some may be. */
  exchange(): boolean;
  /** All lines with qos that were written up to this ticket are stored, by an engine that stores them. */
  stored?(ticket: number): void;
  /** A line that is to be sent was in the store only, and is in memory now. */
  returned?(line: WrittenLine): void;
  /** The engine has lost what it drives, and does nothing more: close it over this error. */
  lost?(error: unknown): void;
}

/** A line received. */
export interface TakenLine {
  readonly text: string;
  /** When it was received, ms since 1970. */
  readonly at: number;
  /** It was stored by an earlier process, which may have handed it over. */
  readonly redelivered: boolean;
}

export interface Engine {
  readonly clock: Clock;
  /** True while the other end of the link is there. */
  readonly up: boolean;
  /** Lines received and not read. */
  readonly unread: number;
  readonly stats: SessionStats;
  /** The version of the wire that the link speaks, or the last one spoke; undefined until that is known. */
  readonly protocol: 1 | 2 | undefined;
  /** Bytes that came and went over all links, without the hello and what TLS adds. */
  readonly bytesReceived: number;
  readonly bytesSent: number;
  /** Address of the other end while there is a link. */
  readonly remoteAddress: string | undefined;
  /** Set by the application's side while it has lines for which there is no space. */
  roomWanted: boolean;
  /** Longest line that it takes. */
  readonly maxLineBytes: number;
  /** True when it stores lines with qos before it sends them. */
  readonly stores: boolean;
  /** Sets the handlers; called once, before all else. */
  start(handlers: EngineHandlers): void;
  /** Takes a checked line; an event `settled` with the ticket returned says that it is done. */
  write(text: string, flags: WriteFlags): number;
  /** Takes back a line, if it has not been sent. @param bytes its size, which counts where it is in the store only */
  withdraw(ticket: number, bytes?: number): void;
  /** True for a line that was written and has never been sent: `withdraw` takes it back. */
  isUnsent(ticket: number): boolean;
  /** True for one of these that is in the store only. */
  isShelved(ticket: number): boolean;
  /** Unsent lines that are in the store only, and their size in UTF-8; without those of which the newest goes first. */
  readonly shelved: Session['shelved'];
  /** The same of those, which are older than all of them that are in memory. */
  readonly stacked: Session['stacked'];
  /** Has the size of the oldest of those read from the store; `exchange` is called when it is known. */
  lookUpOldest(): void;
  /**
   * All unsent lines that are in memory, in the order of their tickets; undefined while it is not known which an earlier
   * process has left.
   */
  unsentLines(): readonly WrittenLine[] | undefined;
  /** Lines of this kind that were written and not sent. */
  unsent(flags: WriteFlags): number;
  /** The oldest line that has not been read; it is done with that. */
  read(): string | undefined;
  /** The same, for an application that calls `done` when it has processed it. */
  take(): TakenLine | undefined;
  done(line: TakenLine): void;
  /** Ends the link in order and takes no other; resolves once all is released. */
  close(): Promise<void>;
}
