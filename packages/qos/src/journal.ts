/**
 * What a session wants to have stored: entries are gathered here and taken by the owner of the session, who says when
 * they are stored. Whoever has to wait for an entry keeps its sequence number, its place. A session without a journal keeps
 * the place 0, which is always stored.
 */
import type { Entry, OwnerEntry, StoredSession } from './entries.js';

/** Entries after which there is a checkpoint, and the same for each line that this would hold. */
const FEWEST_BETWEEN_CHECKPOINTS = 256;
const ENTRIES_PER_LINE = 4;

/** Entries to append, and the sequence number that the last one before them has. */
export interface Batch {
  readonly expected: number;
  readonly entries: readonly Entry[];
  /** Once these are stored, what is before this sequence number is no longer needed. */
  readonly neededFrom: number;
}

export class Journal {
  #gathered: Entry[] = [];
  /** The sequence number of the last entry that was gathered, and the highest that is stored with all before it. */
  #last: number;
  #stored: number;
  /** Something waits for what has been gathered. */
  #urgent = false;
  #sinceCheckpoint = Infinity;
  /** The run of the owner; undefined while the session is restored: what happens then is stored already. */
  #owner: string | undefined;

  constructor(stored: StoredSession | undefined) {
    this.#last = this.#stored = stored?.last ?? 0;
  }

  /** The session is restored, and has this owner from now on. */
  begin(owner: OwnerEntry): void {
    this.#owner = owner.epoch;
    this.addLater(owner);
  }

  /** True when there are entries that something waits for: they are to be appended at once. */
  get urgent(): boolean {
    return this.#urgent;
  }

  /** True when there is anything to append. The first of it says who the owner is, and says nothing by itself. */
  get waiting(): boolean {
    return this.#gathered.some(({ kind }) => kind !== 'owner');
  }

  /** Gathers an entry that something waits for; its place. */
  add(entry: Entry): number {
    this.#urgent = this.#owner !== undefined;
    return this.addLater(entry);
  }

  /** Gathers an entry that goes with the next one that something waits for; its place. */
  addLater(entry: Entry): number {
    if (this.#owner === undefined) return 0;
    this.#gathered.push(entry);
    this.#sinceCheckpoint += 1;
    return ++this.#last;
  }

  /** The state has changed in a way that no entry records. */
  wantCheckpoint(): void {
    this.#sinceCheckpoint = Infinity;
  }

  isStored(place: number): boolean {
    return place <= this.#stored;
  }

  /**
   * All that has been gathered, with a checkpoint when one is due.
   *
   * @param lines how many lines a checkpoint would hold
   * @param neededFrom what it needs of the entries before it
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
