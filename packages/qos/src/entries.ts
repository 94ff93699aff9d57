/**
 * The entries of a session that outlives its process: what is stored, in order, in the session's log. An entry says
 * what happened, not how the state looks in memory; a new process replays the entries to get the same state
 * (`restore.ts`). All entries are plain data that JSON carries unchanged.
 */

/** A process has become the owner of the session. It is the first entry that each process stores. */
export interface OwnerEntry {
  readonly kind: 'owner';
  /** Identifies the owner's run of the session; drawn at random. */
  readonly epoch: string;
  /** Names the process for people: a host name and a process id. */
  readonly node: string;
}

/** How far the peer's message with id 0 has come in version 1 (explained in `v1/dedup-window.ts`). */
export type Zero = 'unseen' | 'refused' | 'received' | 'acked' | 'waited' | 'did-not-wait';

/**
 * A line was received in version 1 of the wire. It is acked and delivered to the application only when this entry is
 * stored.
 */
export interface InEntryV1 {
  readonly kind: 'in';
  readonly version: 1;
  /** The id on the wire, 0 to 255. */
  readonly id: number;
  /** A hash of the text. It distinguishes a repeat from another line with the same id. */
  readonly fingerprint: number;
  /** The number of the link on which it came, counted over all links of the session. */
  readonly link: number;
  /**
   * True when this line has shown that its sender had restarted: lines received on earlier links are from the sender's
   * earlier process.
   */
  readonly restarted: boolean;
  readonly zero: Zero;
  readonly line: string;
  /** When it was received, ms since 1970. */
  readonly at: number;
}

/** A line that had been received before came again on a later link, in version 1. */
export interface AgainEntry {
  readonly kind: 'again';
  readonly id: number;
  readonly link: number;
  readonly zero: Zero;
}

/**
 * A line was received in version 2 of the wire. It is acked and delivered to the application only when this entry is
 * stored.
 */
export interface InEntryV2 {
  readonly kind: 'in';
  readonly version: 2;
  /** The peer's epoch, which identifies one run of its session, and the number of the line within it. */
  readonly epoch: string;
  readonly number: number;
  /** Null for a line that could not be read: it takes up its number, and is not delivered. */
  readonly line: string | null;
  /** When it was received, ms since 1970. */
  readonly at: number;
}

/** The application has called `done` for a received line. */
export interface DoneEntry {
  readonly kind: 'done';
  /**
   * The place of the line's `in` entry. The peer's own numbers cannot be used: they begin again with each run of the
   * peer.
   */
  readonly in: number;
}

/** A line was written. */
export interface OutEntry {
  readonly kind: 'out';
  /** The number of the write, counted over the whole session. */
  readonly ticket: number;
  readonly line: string;
  /** The flags of the write. */
  readonly qos: boolean;
  readonly wait: boolean;
  readonly newestFirst?: boolean | undefined;
}

/**
 * A line is about to be sent for the first time in this version of the wire. It is sent only when this entry is stored.
 */
export interface SentEntry {
  readonly kind: 'sent';
  readonly version: 1 | 2;
  /**
   * Number of the message, counted over this end's messages. In version 1 the message id is derived from it; in version
   * 2 the peer acks it.
   */
  readonly number: number;
  /**
   * The ticket of the line's `out` entry. A `qos: false` line of version 1 may have no `out` entry: it is only counted.
   */
  readonly ticket: number;
  /**
   * Text and `wait` flag of a line that the log has on the shelf or the stack: its `out` entry may be before the
   * checkpoint, and is then not loaded.
   */
  readonly line?: string | undefined;
  readonly wait?: boolean | undefined;
}

/**
 * Version 2: this end continues under another epoch. Its pending lines are numbered from 1 in it, and are sent only
 * when this entry is stored.
 */
export interface RenumberedEntry {
  readonly kind: 'renumbered';
  readonly epoch: string;
}

/** The writer no longer waits for a line. It is not sent, unless it has a number already. */
export interface WithdrawnEntry {
  readonly kind: 'withdrawn';
  readonly ticket: number;
  /** Size in UTF-8 of a line that the log has on the shelf or the stack (`shelf.ts`, `stack.ts`). */
  readonly bytes?: number | undefined;
}

/** The peer has acked: in version 1 the message with this number, in version 2 all messages up to it. */
export interface AckedEntry {
  readonly kind: 'acked';
  readonly version: 1 | 2;
  readonly number: number;
}

/**
 * The whole state of the session at this point. Entries before it are no longer needed, except those that the shelf and
 * the stack still read.
 */
export interface CheckpointEntry {
  readonly kind: 'checkpoint';
  /** The epoch of the owner that made it. */
  readonly owner: string;
  /**
   * The state: any value that JSON carries unchanged; null for a session that was forgotten. A store does not look into
   * it.
   */
  readonly snapshot: unknown;
}

export type Entry =
  | OwnerEntry
  | InEntryV1
  | AgainEntry
  | InEntryV2
  | DoneEntry
  | OutEntry
  | SentEntry
  | RenumberedEntry
  | WithdrawnEntry
  | AckedEntry
  | CheckpointEntry;

/** What a store returns of a session. */
export interface StoredSession {
  /** The sequence number of the last entry, even if that entry has been trimmed. The next append must expect it. */
  readonly last: number;
  /**
   * The last checkpoint, if there is one and it was not trimmed, and all entries after it, in order, each with its
   * sequence number.
   */
  readonly entries: readonly (readonly [sequence: number, entry: Entry])[];
}
