/** The lines of the sender's half of version 1, from when they get their number. */
import type { Line } from '../line-queue.js';
import type { Copies } from './repeat-timer.js';

/** A line that is about to be sent for the first time. */
export interface NewLine {
  readonly line: Line;
  /** The bytes, but for the id. */
  readonly frame: Uint8Array;
}

/** A line that was sent. */
export interface SentLine extends NewLine {
  /** Its number among all messages sent. */
  readonly n: number;
  readonly id: number;
  /** Its place among all that went out, repeats too, when it went out last. */
  turn: number;
  /** Its copies on this link; undefined while there is none. */
  copies: Copies | undefined;
  /** The writer no longer waits for it: withdrawn, or `qos: false` and sent. */
  released: boolean;
  /** The place of its number in the journal. */
  readonly place: number;
}

/** The turn of a line that has not gone out, and of one that a process may have sent that has died since. */
export const NEVER = -1;
export const EARLIER = -2;

/** A line without qos whose writer waits until it goes out. */
export function isUnsentUnsafe({ line, turn }: SentLine): boolean {
  return line.lane === 'unsafe' && turn === NEVER;
}

/** True for a line that has gone out before, or may have. */
export function isSent(line: NewLine | SentLine): line is SentLine {
  return 'n' in line && line.turn !== NEVER;
}
