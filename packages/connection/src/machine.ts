/** What a pump needs of the parts that it joins, beside the transport and the clock (`ports.ts`). */
import type { SessionEvent, SessionStats, Told, WriteFlags, WrittenLine } from '@iot/qos';
import type { Engine, TakenLine } from './engine.js';
import type { TransportEnd } from './ports.js';

/** What a pump drives: no I/O and no clock; bytes and the time go in, bytes, events and the next deadline come out. */
export interface Machine<Event = SessionEvent> {
  /** True from `open` until the link has ended, which the machine may decide by itself. */
  readonly linkOpen: boolean;
  /** True while the other end is there. */
  readonly up: boolean;
  /** Lines received and not read. */
  readonly unread: number;
  readonly stats: SessionStats;
  /** The version of the wire, where there are several. */
  readonly protocol?: 1 | 2 | undefined;
  /** `maxLineBytes`: longest line that it takes. */
  readonly settings: { readonly maxLineBytes: number };
  /** True while nothing more is to come, where the transport can hold it off. */
  readonly hold?: boolean | undefined;
  open(now: number): void;
  receive(chunk: Uint8Array, now: number): void;
  /** The transport is full, or has space again. */
  backPressure?(on: boolean): void;
  /** The other end has taken this number of bytes; not every transport reports it. */
  taken?(bytes: number): void;
  linkClosed(now: number, how: TransportEnd | 'closed'): void;
  /** A deadline has come. */
  tick(now: number): void;
  /** Infinity when there is none; a time that has passed means: with one further turn of the event loop. */
  nextDeadline(): number;
  /** Has a keepalive sent, if the machine sends some. */
  probe?(now: number): void;
  write(text: string, flags: WriteFlags): number;
  withdraw(ticket: number, bytes?: number): void;
  /** True for a line that was written and has never been sent. */
  isUnsent(ticket: number): boolean;
  /** True for one of these that is in the store only, of a machine that has a store; and how many there are. */
  isShelved?(ticket: number): boolean;
  readonly shelved?: Engine['shelved'];
  readonly stacked?: Engine['stacked'];
  /** False when that was asked before. */
  lookUpOldest?(): boolean;
  /** All unsent lines that are in memory, in the order of their tickets, of a machine that is made with some. */
  unsentLines?(): readonly WrittenLine[];
  unsent(flags: WriteFlags): number;
  read(now: number): string | undefined;
  /** The same, where `done` is to be called when the application has processed the line. */
  take?(): TakenLine | undefined;
  done?(line: TakenLine): void;
  /** What to write before the link is closed on purpose. */
  farewell?(told: Told, now: number): Uint8Array | undefined;
  /** The bytes of the next write; undefined when there are none now. Of a link that the machine has ended: its last. */
  takeOutput(now: number): Uint8Array | undefined;
  /** What happened since the last call. */
  takeEvents(): readonly Event[];
}

/** What stores a session that outlives its process, and reports the result to the pump (`stored`, `lost`). */
export interface PumpLog {
  /** The session may have something to store. */
  flush(): void;
  /** Resolves once nothing is being stored. */
  close(): Promise<void>;
}

/** Acts on an event of the machine; returns it if it is to be passed on to the connection. */
export type Sift<Event> = (event: Event) => SessionEvent | undefined;
