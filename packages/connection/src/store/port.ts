/**
 * What a session needs of a store: an append log for each id, with an expected sequence number. An entry says what
 * happened (@iot/qos, `Entry`). The expected number is the fence: of two processes that both believe they own an id, one
 * appends, and the other gets `fenced`. It needs no lease, no clock and no lock, so the same port carries a folder of one
 * process and a database that several servers share.
 *
 * Entries are numbered from 1 for each id, one more each, without a gap. All of an entry is plain data that JSON carries
 * unchanged.
 */
import type { Entry, StoredSession } from '@iot/qos';

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
   * The entries of this id from this number on, in order, each with its number; those before the last checkpoint too, as far
   * as they have not been trimmed. None for an id that is not there. The caller stops when it has enough, so a store reads
   * some at a time, not all. What is appended while it runs may be left out.
   *
   * @throws StoreError when they cannot be read; ClosedError after `close`
   */
  read(id: string, from: number): AsyncIterable<readonly [sequence: number, entry: Entry]>;

  /**
   * Entries before this number are no longer needed, and are neither loaded nor read once this has resolved. The last number stays as
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
