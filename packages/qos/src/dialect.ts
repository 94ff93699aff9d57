/**
 * What the two versions of the wire have in common. A dialect has the lifetime of its session and keeps what is not settled
 * through links that speak it, and through links that speak the other.
 */
import type { Opening } from '@iot/framing';
import type { EventQueue, LinkEnd, SessionStats, Told } from './events.js';
import type { Inbox } from './inbox.js';
import type { Journal } from './journal.js';
import type { Line, LineQueue } from './line-queue.js';
import type { LinkState } from './link-state.js';
import type { SessionSettings } from './options.js';
import type { Shelf } from './shelf.js';
import type { Stack } from './stack.js';

/** What a session shares with its dialects and its links. */
export interface SessionParts {
  readonly settings: SessionSettings;
  /** Lines to send. */
  readonly queue: LineQueue;
  /** Lines to send that are not in the queue yet. */
  readonly shelf: Shelf;
  /** The same of those of which the newest goes first. */
  readonly stack: Stack;
  /** Lines received. */
  readonly inbox: Inbox;
  readonly events: EventQueue;
  readonly counts: SessionCounts;
  /** What is to be stored; undefined for a session that ends with its process. */
  readonly journal: Journal | undefined;
}

export type SessionCounts = { -readonly [K in Exclude<keyof SessionStats, 'protocol'>]: SessionStats[K] };

/** What a link asks of the version that it speaks. */
export interface Dialect {
  /** The link has ended; the line that was the oldest unacked on it. */
  linkEnded(): Line | undefined;
  receive(chunk: Uint8Array, now: number): void;
  /** The bytes of the next write; undefined when there are none now. */
  takeOutput(now: number): Uint8Array | undefined;
  /** When output is due, if nothing comes before: of a keepalive, and of a repeat. */
  keepaliveAt(now: number): number;
  repeatAt(now: number): number;
}

/** What a dialect asks of the link that speaks it. */
export interface DialectLink {
  readonly state: LinkState;
  /** Messages of version 1 that are pending. */
  readonly unackedV1: number;
  /** The peer has shown that it hears this end. */
  answered(): void;
  /** Version 2: the peer's opening line has come; false when the link is ended over it, since version 1 has to go on first. */
  mayMeet(opening: Opening, now: number): boolean;
  /** Version 2: both ends know each other on this link. */
  met(now: number): void;
  /** Version 1: a server's opening line has come after this end has spoken version 1; false if this end never offered. */
  lateOpening(now: number): boolean;
  end(reason: LinkEnd, now: number, more?: LastWords): void;
}

/** What the ends say of the end of a link: this one still sends `words`, or the peer has `told` why. */
export interface LastWords {
  readonly words?: string;
  readonly told?: Told;
}
