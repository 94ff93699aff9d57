/**
 * Interfaces of the parts that a pump (`pump.ts`) connects: the machine that it drives, and the log that stores the session.
 * The interfaces of transport and clock are in `ports.ts`.
 *
 * A machine implements a protocol without I/O and without a clock. Its caller passes bytes and the time in. The machine
 * returns bytes to send, events and the time of its next deadline. A `Session` of `@iot/qos` is one; a board's end of an I2C
 * channel is another. The meaning of tickets, and of lines in the store only, is explained in `engine.ts`.
 */
import type { SessionEvent, SessionStats, Told, WriteFlags, WrittenLine } from '@iot/qos';
import type { Engine, TakenLine } from './engine.js';
import type { TransportEnd } from './ports.js';

/** A protocol without I/O and without a clock, which a pump drives. */
export interface Machine<Event = SessionEvent> {
  /** True from `open` until the link has ended. The machine itself may end the link. */
  readonly linkOpen: boolean;
  /** True while the link is up. */
  readonly up: boolean;
  /** Lines received and not read. */
  readonly unread: number;
  readonly stats: SessionStats;
  /** The protocol version, if the machine has several. */
  readonly protocol?: 1 | 2 | undefined;
  /** `maxLineBytes`: the longest line that `write` accepts. */
  readonly settings: { readonly maxLineBytes: number };
  /** True while the pump is to read nothing more from the transport, if the transport can pause (`Transport.hold`). */
  readonly hold?: boolean | undefined;
  open(now: number): void;
  receive(chunk: Uint8Array, now: number): void;
  /** The transport is full, or has space again. */
  backPressure?(on: boolean): void;
  /** The other end has read this number of bytes. Only some transports report it. */
  taken?(bytes: number): void;
  linkClosed(now: number, how: TransportEnd | 'closed'): void;
  /** The deadline has come. */
  tick(now: number): void;
  /** Infinity when there is none. A time in the past means: call `tick` after one further turn of the event loop. */
  nextDeadline(): number;
  /** Queues a keepalive, if the machine sends keepalives. */
  probe?(now: number): void;
  write(text: string, flags: WriteFlags): number;
  withdraw(ticket: number, bytes?: number): void;
  /** True for a line that was written and has never been sent. */
  isUnsent(ticket: number): boolean;
  /** Only of a machine with a store: these members have the meaning they have in `Engine`. */
  isShelved?(ticket: number): boolean;
  readonly shelved?: Engine['shelved'];
  readonly stacked?: Engine['stacked'];
  /** False when the look-up was already asked for. */
  lookUpOldest?(): boolean;
  /** Only of a machine that can start with lines of an earlier process: all unsent lines in memory, ordered by ticket. */
  unsentLines?(): readonly WrittenLine[];
  unsent(flags: WriteFlags): number;
  read(now: number): string | undefined;
  /** Like `read`, but the line counts as done only when `done` is called with it. */
  take?(): TakenLine | undefined;
  done?(line: TakenLine): void;
  /** The bytes to send before this end closes the link: they give the peer the reason. */
  farewell?(told: Told, now: number): Uint8Array | undefined;
  /** The bytes of the next write, or undefined. After the machine has ended a link: the last bytes to send on that link. */
  takeOutput(now: number): Uint8Array | undefined;
  /** The events since the last call. */
  takeEvents(): readonly Event[];
}

/** Writes a session to a store, and calls `stored` or `lost` of the pump with the result. */
export interface PumpLog {
  /** Called when the session may have entries to store. */
  flush(): void;
  /** Resolves once nothing is being stored. */
  close(): Promise<void>;
}

/** Handles an event of the machine, and returns the event that the connection is to get, if any. */
export type Sift<Event> = (event: Event) => SessionEvent | undefined;
