/**
 * What happens to a session, as it is kept beyond the death of its process. An entry says what happened, not what memory
 * looks like. All of it is plain data that JSON carries unchanged.
 */

/** A process has become the owner of the session. It is the first thing that a process has stored. */
export interface OwnerEntry {
  readonly kind: 'owner';
  /** The run of the owner, drawn at random. */
  readonly epoch: string;
  /** Which process this is, for people: a host name and a process id. */
  readonly node: string;
}

/** How far a sender's id 0 has come in version 1 (`v1/dedup-window.ts`). */
export type Zero = 'unseen' | 'refused' | 'received' | 'acked' | 'waited' | 'did-not-wait';

/** A line was received in version 1 of the wire. It is acked, and handed over, once this is stored. */
export interface InEntryV1 {
  readonly kind: 'in';
  readonly version: 1;
  /** The id on the wire, 0 to 255. */
  readonly id: number;
  /** Distinguishes a repeat from another line with the same id. */
  readonly fingerprint: number;
  /** The link on which it came, counted over all links of the session. */
  readonly link: number;
  /** True when this line has shown that its sender had restarted: what was received on earlier links is of an earlier run. */
  readonly restarted: boolean;
  readonly zero: Zero;
  readonly line: string;
  /** When it was received, ms since 1970. */
  readonly at: number;
}

/** A line that was received before came again on a later link in version 1. */
export interface AgainEntry {
  readonly kind: 'again';
  readonly id: number;
  readonly link: number;
  readonly zero: Zero;
}

/** A line was received in version 2 of the wire. It is acked, and handed over, once this is stored. */
export interface InEntryV2 {
  readonly kind: 'in';
  readonly version: 2;
  /** The run of the peer, and the number of the line in it. */
  readonly epoch: string;
  readonly number: number;
  /** Null for a line that could not be read: it has its number, and is not delivered. */
  readonly line: string | null;
  /** When it was received, ms since 1970. */
  readonly at: number;
}

/** The application has done what it does with a line. */
export interface DoneEntry {
  readonly kind: 'done';
  /** The sequence number of its `in` entry: the peer's own numbers begin again with each of its runs. */
  readonly in: number;
}

/** A line was written. */
export interface OutEntry {
  readonly kind: 'out';
  /** Its number among all writes of the session. */
  readonly ticket: number;
  readonly line: string;
  /** As in `write`. */
  readonly qos: boolean;
  readonly wait: boolean;
  readonly newestFirst?: boolean | undefined;
}

/** A line is about to be sent for the first time in this version of the wire. It is sent once this is stored. */
export interface SentEntry {
  readonly kind: 'sent';
  readonly version: 1 | 2;
  /** Among the messages of this end: version 1 makes the id of it, in version 2 it is what the peer acks. */
  readonly number: number;
  /** Of its `out` entry; a line of version 1 without qos may have none, and is only counted. */
  readonly ticket: number;
  /** Of a line that was read back from the log (`shelf.ts`), where its `out` entry may not be loaded: its text, and `wait`. */
  readonly line?: string | undefined;
  readonly wait?: boolean | undefined;
}

/** Version 2: this end goes on as another run. The pending lines get the first numbers of that, and are sent once this is stored. */
export interface RenumberedEntry {
  readonly kind: 'renumbered';
  readonly epoch: string;
}

/** The writer no longer waits for a line: it is not sent, unless it has its number already. */
export interface WithdrawnEntry {
  readonly kind: 'withdrawn';
  readonly ticket: number;
  /** Of a line that the log has on the shelf or the stack (`shelf.ts`, `stack.ts`): its size in UTF-8. */
  readonly bytes?: number | undefined;
}

/** The peer has acked what was sent: in version 1 the message of this number, in version 2 all up to it. */
export interface AckedEntry {
  readonly kind: 'acked';
  readonly version: 1 | 2;
  readonly number: number;
}

/** All that the entries before this one say and that still counts. They are no longer needed. */
export interface CheckpointEntry {
  readonly kind: 'checkpoint';
  /** The run of the owner that made it. */
  readonly owner: string;
  /** Any value that JSON carries unchanged; null for a session that was forgotten. A store does not look into it. */
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

/** What is stored of a session. */
export interface StoredSession {
  /** The sequence number of the last entry, also when it has been trimmed: what the next append expects. */
  readonly last: number;
  /** The last checkpoint, if there is one and it has not been trimmed, and all entries after it, in order, each with its number. */
  readonly entries: readonly (readonly [sequence: number, entry: Entry])[];
}
