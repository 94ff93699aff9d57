/**
 * What a session needs of a store: an append log for each id, with an expected sequence number. An entry says what
 * happened. The expected number is the fence: of two processes that both believe they own an id, one appends, and the
 * other gets `fenced`. It needs no lease, no clock and no lock, so the same port carries a folder of one process and a
 * database that several servers share.
 *
 * Entries are numbered from 1 for each id, one more each, without a gap. All of an entry is plain data that JSON carries
 * unchanged.
 */

/** A process has become the owner of the session. It is the first thing that a process appends. */
export interface OwnerEntry {
  readonly kind: 'owner';
  /** The run of the owner, drawn at random. */
  readonly epoch: string;
  /** Which process this is, for people: a host name and a process id. */
  readonly node: string;
}

/** A line was received in version 1 of the wire. It is acked once this is durable. */
export interface InEntryV1 {
  readonly kind: 'in';
  readonly version: 1;
  /** The id on the wire, 0 to 255. */
  readonly id: number;
  /** What tells a repeat from another line under the same id. */
  readonly fingerprint: number;
  /** True when this line has shown that its sender had restarted: what was received before it is of an earlier run. */
  readonly restarted: boolean;
  readonly line: string;
}

/** A line was received in version 2 of the wire. It is acked once this is durable. */
export interface InEntryV2 {
  readonly kind: 'in';
  readonly version: 2;
  /** The run of the peer, and the number of the line in it. */
  readonly epoch: string;
  readonly number: number;
  /** Null for a line that could not be read: it has its number, and is not delivered. */
  readonly line: string | null;
}

/** The application has done what it does with a line. */
export interface DoneEntry {
  readonly kind: 'done';
  /** The sequence number of its `in` entry: the peer's own numbers begin again with each of its runs. */
  readonly in: number;
}

/** A line was written. It is sent once this is durable. */
export interface OutEntry {
  readonly kind: 'out';
  readonly version: 1 | 2;
  /** Version 2: the run of this end that the number belongs to. Version 1 has none, and an empty string here. */
  readonly epoch: string;
  /** Its number among the messages sent, from which version 1 makes the id. */
  readonly number: number;
  readonly line: string;
  /** As in `write`. */
  readonly qos: boolean;
  readonly wait: boolean;
}

/** The peer has acked what was sent: in version 1 the line of this number, in version 2 all lines up to it. */
export interface AckedEntry {
  readonly kind: 'acked';
  readonly version: 1 | 2;
  /** As in the `out` entry. */
  readonly epoch: string;
  readonly number: number;
}

/** All that the entries before this one say and that still counts. They are no longer needed. */
export interface CheckpointEntry {
  readonly kind: 'checkpoint';
  /** Any value that JSON carries unchanged. A store does not look into it. */
  readonly snapshot: unknown;
}

export type Entry = OwnerEntry | InEntryV1 | InEntryV2 | DoneEntry | OutEntry | AckedEntry | CheckpointEntry;

/** What a store has of one id. */
export interface StoredSession {
  /** The sequence number of the last entry that was appended, also when it has been trimmed: what the next append expects. */
  readonly last: number;
  /** The last checkpoint, if there is one and it has not been trimmed, and all entries after it, in order, each with its number. */
  readonly entries: readonly (readonly [sequence: number, entry: Entry])[];
}

/** Keeps sessions beyond the death of their process. `@iot/connection/testing` has the contract that one must pass. */
export interface SessionStore {
  /**
   * All there is of this id; undefined for an id that was never appended to. It changes nothing: to become the owner is the
   * first append.
   *
   * @throws StoreError when it cannot be read; ClosedError after `close`
   */
  load(id: string): Promise<StoredSession | undefined>;

  /**
   * Appends these entries if the last sequence number of this id is still `expected` (0 for an id that is not there): the
   * first gets the number `expected + 1`. All of them are appended or none, and they are durable when this resolves with
   * `ok`. `fenced`: another append came first, and nothing was appended; the caller is no longer the owner.
   *
   * When it rejects, the entries may have been appended or not: load to know. Only what could not have been appended rejects
   * with a UsageError. A session has one append in flight at a time.
   *
   * @throws StoreError when it cannot be written; ClosedError after `close`; UsageError `ERR_BAD_ID` for an id that is
   * empty or has no UTF-8 form
   */
  append(id: string, expected: number, entries: readonly Entry[]): Promise<'ok' | 'fenced'>;

  /**
   * Entries before this number are no longer needed, and are not loaded once this has resolved. The last number stays as
   * it is, also when no entry is left. An id that is not there and a number that has been trimmed before are no errors.
   *
   * @throws StoreError when it cannot be written; ClosedError after `close`
   */
  trim(id: string, before: number): Promise<void>;

  /** The ids that were appended to, each once, in any order. One that is new while this runs may be left out. */
  ids(): AsyncIterable<string>;

  /**
   * Waits for what is in flight, and releases everything; may be called again. What is called after it rejects with
   * ClosedError.
   */
  close(): Promise<void>;
}
