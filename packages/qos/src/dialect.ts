/**
 * What the two versions of the wire have in common, as the session sees them. A dialect lives as long as its session and
 * keeps what is not settled through links that speak it, and through links that speak the other.
 */
import type { Opening } from '@iot/framing';
import type { LinkEnd, SessionEvent, SessionStats, Told } from './events.js';
import type { Inbox } from './inbox.js';
import type { Line, LineQueue } from './line-queue.js';
import type { SessionSettings } from './options.js';

/** What a session lends to its dialects. */
export interface SessionParts {
  readonly settings: SessionSettings;
  /** Lines to send. */
  readonly queue: LineQueue;
  /** Lines received. */
  readonly inbox: Inbox;
  readonly counts: SessionCounts;
  readonly emit: (event: SessionEvent) => void;
  /** The peer has shown that it hears this end. */
  readonly answered: () => void;
  /** Messages of version 1 that are pending. */
  readonly unackedV1: () => number;
  /** The peer's opening line has come; false when the link is ended over it, since version 1 has to go on first. */
  readonly mayMeet: (opening: Opening, now: number) => boolean;
  /** Version 2: both ends know each other on this link. */
  readonly met: (now: number) => void;
  /** Version 1: a server's opening line has come, on a link on which this end has spoken version 1; false if it never offered. */
  readonly lateOpening: (now: number) => boolean;
  /** Ends the link; `lastWords` still go out. */
  readonly endLink: (
    reason: LinkEnd,
    now: number,
    more?: { readonly lastWords?: string; readonly told?: Told },
  ) => void;
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
