/** The faults that a link and the proxy have in common: asked of the proxy they are asked of every link. */
import type { Directions } from './direction.js';
import { checked, type Delay, type Limit, type Merge, type Shape, type Split } from './shape.js';

/** Without a direction, `both`. A value that cannot work throws `ERR_USAGE`. */
export interface Faults {
  /**
   * Lets nothing pass: no bytes, no FIN, no reset, while all sockets stay open (half-open, as when WiFi is lost).
   * Bytes already handed to the far socket have passed.
   */
  stall(directions?: Directions): void;
  /** Ends a stall. Everything held back goes on its way: bytes in order, then the end or reset, if one came. */
  resume(directions?: Directions): void;
  /** Every chunk, FIN and reset comes later. `off` lets what waits go at once. */
  delay(delay: Delay | 'off', directions?: Directions): void;
  /** No more bytes than that a second, in each direction of each link. */
  limit(limit: Limit | 'off', directions?: Directions): void;
  /** Writes each byte alone, the next when it has left and the event loop has turned. */
  split(split: Split, directions?: Directions): void;
  /** Holds chunks and passes those that came within the time together, as one write of 64 KiB at most. */
  merge(merge: Merge | 'off', directions?: Directions): void;
  /** Takes every standing fault off: stall, delay, limit, split, merge, drops to come. What was held goes on. */
  heal(): void;
}

/** The faults that shape bytes, put as one change of settings. */
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

  /** `patch` is checked. */
  protected abstract reshape(patch: Partial<Shape>, directions: Directions): void;
}
