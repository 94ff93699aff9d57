/**
 * Checks the ids that come from one peer, in bounded memory.
 *
 * Theory of operation. The checker remembers which of the newest `window` ids have come. Nothing can be later than that:
 * a sender is never more than 119 messages ahead of one that is not acked (PROTOCOL.md, Spread). So an id that has not
 * come when it leaves the window is missing for good; one that comes within it is late, that is out of order; one that
 * comes again is a duplicate. The first id that comes is where the count begins: the peer may have been there before.
 *
 * A peer that reboots starts again at 0. Where messages carry the number of the sender's run, that shows it. Otherwise a 0
 * that has left the window does, or one of the first few ids after it (in a burst they may overtake it). A second 0
 * within the window may be either, and the next id decides: a reboot when that is one of the first few too and has come
 * before, else a duplicate.
 */

export interface Counts {
  readonly duplicates: number;
  /** Ids that did not come and will not. */
  readonly missing: number;
  readonly outOfOrder: number;
  readonly reboots: number;
}

/** More than the spread, so that no line can be later. */
const WINDOW = 128;

/** Lines of a burst: these ids may come first after a reboot. */
const FIRST_FEW = 4;

export class Checker {
  readonly #window: number;
  /** One bit an id, at `id % window`: whether it has come; for ids in the window only. */
  readonly #seen: Uint8Array;
  #newest = -1;
  /** Ids below it are not in the window. */
  #floor = 0;
  #run: number | undefined;
  /** A second 0 has come, and the next id decides what it was. */
  #secondZero = false;
  #duplicates = 0;
  #missing = 0;
  #outOfOrder = 0;
  #reboots = 0;

  /** @param window how many ids are remembered */
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

  /** Ids in the window that have not come yet: late, or missing. */
  get outstanding(): number {
    let count = 0;
    for (let id = this.#floor; id <= this.#newest; id++) if (!this.#has(id)) count += 1;
    return count;
  }

  /** @param run the number of the sender's run, where the message carries it */
  see(id: number, run?: number): void {
    if (run !== undefined) {
      if (this.#run !== undefined && run < this.#run) {
        this.#outOfOrder += 1; // a line of a run that is over
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
      this.#outOfOrder += 1; // before the first that came, or later than anything can be
    } else if (this.#has(id)) {
      this.#duplicates += 1;
    } else {
      this.#outOfOrder += 1;
      this.#mark(id);
    }
  }

  #advance(id: number): void {
    const floor = Math.max(this.#floor, id - this.#window + 1);
    // What lay in the window and leaves it, then what never lay in it: a leap costs no more than a window.
    const within = Math.min(floor, this.#newest + 1);
    for (let old = this.#floor; old < within; old++) if (!this.#has(old)) this.#missing += 1;
    this.#missing += floor - within;
    for (let fresh = Math.max(this.#newest + 1, floor); fresh < id; fresh++)
      this.#seen[fresh % this.#window] = 0;
    this.#floor = floor;
    this.#newest = id;
    this.#mark(id);
  }

  /** True when the id has been dealt with: the second 0 was a reboot. */
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

  /** True when the id has been dealt with, or waits for the next one. */
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
