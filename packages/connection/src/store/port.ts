/**
 * The interface of a store of sessions. A store has one append-only log for each client id. An entry of the log records one
 * event of the session, such as a line that was written or acked (`Entry` of @iot/qos). Entries are plain data that JSON
 * carries unchanged. The entries of an id are numbered 1, 2, 3 and so on, without a gap.
 *
 * Fencing: each append names the number that the caller expects to be the last. If two processes both believe that they own an
 * id, the first one to append gets `ok`, and the other one gets `fenced`: it is no longer the owner and must stop. Fencing
 * needs no lease, no clock and no lock. A folder of one process and a database that several servers share can therefore both
 * implement this interface.
 *
 * A checkpoint is an entry that holds the whole state of a session. Entries before the last checkpoint are not needed to load
 * the session. Some of them may still be read, for unsent lines that are in the store only.
 */
import type { Entry, StoredSession } from '@iot/qos';

/** A store of sessions. `storeContract` of `@iot/connection/testing` has the tests that every store must pass. */
export interface SessionStore {
  /**
   * Loads the session of this id: the last checkpoint and all entries after it. Undefined for an id that was never appended
   * to. Loading changes nothing: a process becomes the owner by its first append.
   *
   * @throws StoreError when the store cannot be read; ClosedError after `close`
   */
  load(id: string): Promise<StoredSession | undefined>;

  /**
   * Appends these entries if the number of the last entry of this id is `expected` (0 for an id without entries). The first of
   * them gets the number `expected + 1`. Either all entries are appended or none. When this resolves with `ok`, they are
   * durable. `fenced`: another append came first, nothing was appended, and the caller is no longer the owner.
   *
   * When this rejects, the entries may have been appended or not. `load` shows which. Only after a UsageError it is certain
   * that nothing was appended. A session has at most one append in flight.
   *
   * @throws StoreError when the store cannot be written; ClosedError after `close`; UsageError `ERR_BAD_ID` for an id that is
   * empty or has no UTF-8 form
   */
  append(id: string, expected: number, entries: readonly Entry[]): Promise<'ok' | 'fenced'>;

  /**
   * Reads the entries of this id from the number `from` on, in order, each with its number. Entries before the last checkpoint
   * are read too, unless they were trimmed. There are none for an unknown id. The caller may stop at any time, so the store
   * should read in small parts and not the whole log at once. Entries that are appended while it runs may be left out.
   *
   * @throws StoreError when the store cannot be read; ClosedError after `close`
   */
  read(id: string, from: number): AsyncIterable<readonly [sequence: number, entry: Entry]>;

  /**
   * Deletes the entries before the number `before`. After this has resolved, `load` and `read` do not return them. The number
   * of the last entry is kept, even if no entry is left. An unknown id, and a number that was trimmed before, are not errors.
   *
   * @throws StoreError when the store cannot be written; ClosedError after `close`
   */
  trim(id: string, before: number): Promise<void>;

  /** All ids that were ever appended to, each once, in any order. An id that is first appended to meanwhile may be left out. */
  ids(): AsyncIterable<string>;

  /** Waits for the calls in flight and releases everything. Idempotent. Later calls of other methods reject with ClosedError. */
  close(): Promise<void>;
}
