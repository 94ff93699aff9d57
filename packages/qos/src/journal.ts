/**
 * The journal of a session that outlives its process. An entry says what happened to the session (`entries.ts`). The
 * session adds entries here. Its owner takes them, appends them to the store, and reports when they are stored.
 *
 * The stored entries are called the log. An entry's sequence number in the log is called its place. Code that must wait
 * until an entry is stored keeps the entry's place, and asks `isStored`. Without a journal the place is 0, which counts
 * as stored.
 */
import type { Entry, OwnerEntry, StoredSession } from './entries.js';

/**
 * Number of entries after which a checkpoint is added: this number, and `ENTRIES_PER_LINE` more for each line that the
 * checkpoint would contain.
 */
const FEWEST_BETWEEN_CHECKPOINTS = 256;
const ENTRIES_PER_LINE = 4;

/** Entries to append to the log. `expected` is the sequence number of the last entry before them. */
export interface Batch {
  readonly expected: number;
  readonly entries: readonly Entry[];
  /** Once these entries are stored, entries before this sequence number are no longer needed. */
  readonly neededFrom: number;
}

export class Journal {
  #gathered: Entry[] = [];
  /** The sequence number of the last entry that was added; and the highest one up to which all entries are stored. */
  #last: number;
  #stored: number;
  /** True when something waits until the collected entries are stored. */
  #urgent = false;
  #sinceCheckpoint = Infinity;
  /**
   * The epoch of the owner. Undefined while the session is being restored: what happens then is in the log already, so
   * nothing is added.
   */
  #owner: string | undefined;

  constructor(stored: StoredSession | undefined) {
    this.#last = this.#stored = stored?.last ?? 0;
  }

  /** The session has been restored. From now on entries are added, and this is their owner. */
  begin(owner: OwnerEntry): void {
    this.#owner = owner.epoch;
    this.addLater(owner);
  }

  /** True when something waits for entries that have not been taken: the owner must append them at once. */
  get urgent(): boolean {
    return this.#urgent;
  }

  /**
   * True when there are entries to append. The entry that names the owner does not count: it is stored with the next
   * one.
   */
  get waiting(): boolean {
    return this.#gathered.some(({ kind }) => kind !== 'owner');
  }

  /** Adds an entry that something waits for. Returns its place. */
  add(entry: Entry): number {
    this.#urgent = this.#owner !== undefined;
    return this.addLater(entry);
  }

  /**
   * Adds an entry that nothing waits for: it is stored together with the next entry that something waits for. Returns
   * its place.
   */
  addLater(entry: Entry): number {
    if (this.#owner === undefined) return 0;
    this.#gathered.push(entry);
    this.#sinceCheckpoint += 1;
    return ++this.#last;
  }

  /** The state has changed in a way that no entry records: the next batch must contain a checkpoint. */
  wantCheckpoint(): void {
    this.#sinceCheckpoint = Infinity;
  }

  isStored(place: number): boolean {
    return place <= this.#stored;
  }

  /**
   * Takes all entries that were added, and adds a checkpoint when one is due.
   *
   * @param lines number of lines that a checkpoint would contain
   * @param neededFrom the first place in the log that the session still needs besides the checkpoint
   */
  take(lines: number, neededFrom: number, snapshot: () => unknown): Batch {
    const owner = this.#owner;
    let needed = 0;
    if (
      owner !== undefined &&
      this.#sinceCheckpoint >= FEWEST_BETWEEN_CHECKPOINTS + ENTRIES_PER_LINE * lines
    ) {
      this.addLater({ kind: 'checkpoint', owner, snapshot: snapshot() });
      this.#sinceCheckpoint = 0;
      needed = Math.min(this.#last, neededFrom);
    }
    const entries = this.#gathered;
    this.#gathered = [];
    this.#urgent = false;
    return { expected: this.#last - entries.length, entries, neededFrom: needed };
  }

  /** All entries up to this place are stored. */
  stored(place: number): void {
    this.#stored = place;
  }
}
