import type { Stamp, State } from './state.js';

/**
 * Decides which of the states that come are new.
 *
 * A line with `qos: false` is sent once, and is lost with its link. But the library repeats one in eight of them until
 * it is acked, since the original's filter for duplicates needs it (docs/PROTOCOL.md section 3, Keepers). That state
 * may come after a newer one, or first of all on the next link, though it was pressed in the outage.
 */
export class Newest {
  #last: Stamp | undefined;
  /** The sender's number of an earlier link: what still comes with it is of the past. */
  #past: number | undefined;

  /** The link came up at this end: the sender sends the present state again, from 1 and under a new number. */
  linkUp(): void {
    this.#past = this.#last?.link;
  }

  accepts({ stamp }: State): boolean {
    if (stamp === undefined) return true; // a board's: there is nothing to go by
    if (stamp.link === this.#past) return false;
    const isNews = stamp.link === this.#last?.link ? stamp.seq > this.#last.seq : stamp.seq === 1;
    if (isNews) this.#last = stamp;
    return isNews;
  }
}
