/** The states of a line in the sender's half of version 1: about to be sent, and sent. */
import type { Line } from '../line-queue.js';
import type { Copies } from './repeat-timer.js';

/** A line that is about to be sent for the first time. */
export interface NewLine {
  readonly line: Line;
  /** The bytes of the frame; the id is filled in when the line gets its number. */
  readonly frame: Uint8Array;
}

/** A line that has a number: it was sent, or is about to be. */
export interface SentLine extends NewLine {
  /** The number of the message, counted from 0 over all messages of the session. */
  readonly n: number;
  readonly id: number;
  /**
   * A count of everything that was sent, repeats too, at the time when this line was sent last; `NEVER` or `EARLIER`
   * before that.
   */
  turn: number;
  /** When and how often it was sent on this link; undefined when it was not. */
  copies: Copies | undefined;
  /** True when no writer waits for its ack: it was withdrawn, or it is a `qos: false` line. */
  released: boolean;
  /** The place in the log of the entry with its number (0 without a journal). */
  readonly place: number;
}

/** The turn of a line that was never sent, and of a line that an earlier process may have sent. */
export const NEVER = -1;
export const EARLIER = -2;

/** True for a `qos: false` line that was not sent yet: its writer waits until it is. */
export function isUnsentUnsafe({ line, turn }: SentLine): boolean {
  return line.lane === 'unsafe' && turn === NEVER;
}

/** True for a line that was sent before, or may have been. */
export function isSent(line: NewLine | SentLine): line is SentLine {
  return 'n' in line && line.turn !== NEVER;
}
