import type { Stamp, State } from './state.js';

/**
 * Decides which of the received states are new.
 *
 * A line with `qos: false` is normally sent once, and lost when its link is lost. But the library sends one
 * in eight of them again until it is acked, because the original's filter for duplicates requires that
 * (docs/PROTOCOL.md section 3, Keepers). The state in this line may arrive after a newer state, or on the
 * next link, when it is out of date.
 */
export class Newest {
  #last: Stamp | undefined;
  /** The sender's number of an earlier link. States with this number are old. */
  #past: number | undefined;

  /**
   * Call when the link has come up at this end. The sender then sends its current state with `seq` 1 and a
   * new link number.
   */
  linkUp(): void {
    this.#past = this.#last?.link;
  }

  accepts({ stamp }: State): boolean {
    if (stamp === undefined) return true; // from a board, which does not number its states
    if (stamp.link === this.#past) return false;
    const isNews = stamp.link === this.#last?.link ? stamp.seq > this.#last.seq : stamp.seq === 1;
    if (isNews) this.#last = stamp;
    return isNews;
  }
}
