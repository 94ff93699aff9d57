/**
 * The interfaces between a session, its link and the two dialects. A dialect implements one version of the wire. A
 * dialect exists as long as its session: it keeps unacked lines while links speak the other version.
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

/** The parts of a session that its dialects and links use. */
export interface SessionParts {
  readonly settings: SessionSettings;
  /** Lines to send that are in memory. */
  readonly queue: LineQueue;
  /** Lines to send that are in the log only. */
  readonly shelf: Shelf;
  /** Lines of the lane `newest` that are in the log only. */
  readonly stack: Stack;
  /** Lines received. */
  readonly inbox: Inbox;
  readonly events: EventQueue;
  readonly counts: SessionCounts;
  /** Collects what must be stored; undefined for a session that ends with its process. */
  readonly journal: Journal | undefined;
}

export type SessionCounts = { -readonly [K in Exclude<keyof SessionStats, 'protocol'>]: SessionStats[K] };

/** What a link calls in its dialect. */
export interface Dialect {
  /** The link has ended. Returns the oldest line that was sent on it and not acked. */
  linkEnded(): Line | undefined;
  receive(chunk: Uint8Array, now: number): void;
  /** The bytes of the next write; undefined when there are none now. */
  takeOutput(now: number): Uint8Array | undefined;
  /** When `takeOutput` must be called if nothing happens before: for a keepalive, and for a repeat. */
  keepaliveAt(now: number): number;
  repeatAt(now: number): number;
}

/** What a dialect calls in its link. */
export interface DialectLink {
  readonly state: LinkState;
  /** Number of version 1 messages that were sent and are not acked. */
  readonly unackedV1: number;
  /** The peer has shown that it receives what this end sends. */
  answered(): void;
  /**
   * Version 2: the peer's opening line has come. Returns false when the link was ended instead, because version 1 must
   * go on first.
   */
  mayMeet(opening: Opening, now: number): boolean;
  /** Version 2: each end has read the other's opening line on this link. */
  met(now: number): void;
  /**
   * Version 1: a server's opening line has come after this end had chosen version 1. Returns false when this end never
   * offered version 2.
   */
  lateOpening(now: number): boolean;
  end(reason: LinkEnd, now: number, more?: LastWords): void;
}

/**
 * At the end of a link: `words` are the last bytes that this end sends on it; `told` is the reason that the peer sent.
 */
export interface LastWords {
  readonly words?: string;
  readonly told?: Told;
}
