/**
 * Checks the ids of one peer's messages, in bounded memory.
 *
 * How it works. The checker records which of the newest `window` ids have arrived. No message can arrive
 * later than that, because a sender is at most 119 messages ahead of its oldest unacked message (PROTOCOL.md,
 * Spread). An id that has not arrived when it leaves the window is missing. An id that arrives after a higher
 * id is out of order. An id that arrives again is a duplicate. Counting begins with the first id that
 * arrives, because the peer may have sent messages before.
 *
 * A peer that reboots starts again at id 0. If messages contain the number of the sender's run, a new number
 * shows a reboot. Otherwise the checker detects a reboot when id 0, or one of the next few ids (which may
 * overtake id 0 in a burst), arrives after it has left the window. A second id 0 within the window is either
 * a duplicate or a reboot. The next id decides: it is a reboot if the next id is also one of the first few
 * and has arrived before.
 */

export interface Counts {
  readonly duplicates: number;
  /** Ids that did not arrive and have left the window. */
  readonly missing: number;
  readonly outOfOrder: number;
  readonly reboots: number;
}

/** More than the spread, so that no line can arrive after its id has left the window. */
const WINDOW = 128;

/** Lines in a burst: any of these ids may arrive first after a reboot. */
const FIRST_FEW = 4;

export class Checker {
  readonly #window: number;
  /** For each id in the window, at `id % window`: 1 if it has arrived. */
  readonly #seen: Uint8Array;
  #newest = -1;
  /** The lowest id in the window. */
  #floor = 0;
  #run: number | undefined;
  /** A second id 0 has arrived, and the next id decides whether that was a reboot. */
  #secondZero = false;
  #duplicates = 0;
  #missing = 0;
  #outOfOrder = 0;
  #reboots = 0;

  /** @param window the number of ids that are recorded */
  constructor(window: number = WINDOW) {
    this.#window = window;
    this.#seen = new Uint8Array(window);
  }

  get counts(): Counts {
    return {
      duplicates: this.#duplicates,
      missing: this.#missing,
      outOfOrder: this.#outOfOrder,
      reboots: this.#reboots,
    };
  }

  /** Number of ids in the window that have not arrived: late or missing. */
  get outstanding(): number {
    let count = 0;
    for (let id = this.#floor; id <= this.#newest; id++) if (!this.#has(id)) count += 1;
    return count;
  }

  /** @param run the number of the sender's run, if the message contains it */
  see(id: number, run?: number): void {
    if (run !== undefined) {
      if (this.#run !== undefined && run < this.#run) {
        this.#outOfOrder += 1; // a line of an earlier run
        return;
      }
      if (this.#run !== undefined && run > this.#run) this.#reboot();
      this.#run = run;
    } else if (this.#decideSecondZero(id) || this.#startsAgain(id)) {
      return;
    }
    this.#take(id);
  }

  #take(id: number): void {
    if (this.#newest === -1) {
      this.#newest = id;
      this.#floor = id;
      this.#mark(id);
    } else if (id > this.#newest) {
      this.#advance(id);
    } else if (id < this.#floor) {
      this.#outOfOrder += 1; // an id before the first one, or later than possible
    } else if (this.#has(id)) {
      this.#duplicates += 1;
    } else {
      this.#outOfOrder += 1;
      this.#mark(id);
    }
  }

  #advance(id: number): void {
    const floor = Math.max(this.#floor, id - this.#window + 1);
    // First the ids that leave the window, then the ids that never were in it. So a large jump takes no more
    // steps than the size of the window.
    const within = Math.min(floor, this.#newest + 1);
    for (let old = this.#floor; old < within; old++) if (!this.#has(old)) this.#missing += 1;
    this.#missing += floor - within;
    for (let fresh = Math.max(this.#newest + 1, floor); fresh < id; fresh++)
      this.#seen[fresh % this.#window] = 0;
    this.#floor = floor;
    this.#newest = id;
    this.#mark(id);
  }

  /** Returns true if the second id 0 was a reboot: `id` is then counted. */
  #decideSecondZero(id: number): boolean {
    if (!this.#secondZero) return false;
    this.#secondZero = false;
    if (id === 0 || id >= FIRST_FEW || !this.#inWindow(id) || !this.#has(id)) {
      this.#duplicates += 1;
      return false;
    }
    this.#reboot();
    this.#take(0);
    this.#take(id);
    return true;
  }

  /** Returns true if `id` is counted, or must wait for the next id. */
  #startsAgain(id: number): boolean {
    if (this.#newest === -1 || id >= FIRST_FEW) return false;
    if (this.#newest - id >= this.#window) {
      this.#reboot();
      return false;
    }
    this.#secondZero = id === 0 && this.#newest > 0 && this.#inWindow(0) && this.#has(0);
    return this.#secondZero;
  }

  #reboot(): void {
    this.#missing += this.outstanding;
    this.#reboots += 1;
    this.#newest = -1;
    this.#floor = 0;
  }

  #inWindow(id: number): boolean {
    return id >= this.#floor && id <= this.#newest;
  }

  #has(id: number): boolean {
    return this.#seen[id % this.#window] === 1;
  }

  #mark(id: number): void {
    this.#seen[id % this.#window] = 1;
  }
}
