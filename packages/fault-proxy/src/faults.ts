/** The fault methods that a link and the proxy have in common. A call on the proxy affects every link. */
import type { Directions } from './direction.js';
import { checked, type Delay, type Limit, type Merge, type Shape, type Split } from './shape.js';

/** The direction defaults to `both`. An invalid value throws `ERR_USAGE`. */
export interface Faults {
  /**
   * Lets nothing pass: no bytes, no FIN, no reset, while all sockets stay open (half-open, as when WiFi is
   * lost). Bytes that were already written to the outgoing socket are not held.
   */
  stall(directions?: Directions): void;
  /**
   * Ends a stall. Passes on everything that was held back: bytes in order, then the FIN or reset, if there
   * was one.
   */
  resume(directions?: Directions): void;
  /** Delays every chunk, FIN and reset. `off` passes on at once what is waiting. */
  delay(delay: Delay | 'off', directions?: Directions): void;
  /** Limits the rate of each direction of each link. */
  limit(limit: Limit | 'off', directions?: Directions): void;
  /**
   * Writes each byte separately. The next byte is written after the previous one has left and one turn of the
   * event loop has passed.
   */
  split(split: Split, directions?: Directions): void;
  /**
   * Collects the chunks that arrive within the given time, and passes them on as one write of 64 KiB at most.
   */
  merge(merge: Merge | 'off', directions?: Directions): void;
  /**
   * Ends every active fault: stall, delay, limit, split, merge and pending drops. Passes on everything that
   * was held back.
   */
  heal(): void;
}

/** Implements the four faults that shape bytes. Each becomes a change of the `Shape` settings. */
export abstract class Shaping {
  delay(delay: Delay | 'off', directions: Directions = 'both'): void {
    this.reshape(checked({ delay }), directions);
  }

  limit(limit: Limit | 'off', directions: Directions = 'both'): void {
    this.reshape(checked({ limit }), directions);
  }

  split(split: Split, directions: Directions = 'both'): void {
    this.reshape(checked({ split }), directions);
  }

  merge(merge: Merge | 'off', directions: Directions = 'both'): void {
    this.reshape(checked({ merge }), directions);
  }

  /** Applies `patch`, which is already validated. */
  protected abstract reshape(patch: Partial<Shape>, directions: Directions): void;
}
