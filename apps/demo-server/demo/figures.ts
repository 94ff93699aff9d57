/** What the lines of one direction come to. */
import type { EndReport } from './recording-log.js';

export interface Flow {
  readonly sent: number;
  readonly received: number;
  /** Sent, and did not come. */
  readonly lost: number;
  /** Came without having been sent: a second time, or never. */
  readonly duplicated: number;
}

export function flow({ sent }: EndReport, { received }: EndReport): Flow {
  const lost = missing(sent, received).length;
  return { sent, received: received.length, lost, duplicated: received.length - (sent - lost) };
}

/** The counts of the lines that were sent, from 0 on, and have not come. */
export function missing(sent: number, received: readonly number[]): readonly number[] {
  const came = new Set(received);
  return Array.from({ length: sent }, (_, count) => count).filter((count) => !came.has(count));
}
