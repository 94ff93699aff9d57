/** Which boards are in trouble. */
import type { Board } from './model.js';

export type State = 'flapping' | 'down' | 'up';

/** A board flaps when its link has ended this often within this time, for whatever reason. */
export const FLAPS = { count: 3, withinMs: 15 * 60_000 };

/** How often its link has ended within the time in which a board may flap. */
export function recentOutages({ outages }: Board, now: number): number {
  const from = now - FLAPS.withinMs;
  let count = 0;
  while (count < outages.length && outages[outages.length - 1 - count]!.at > from) count += 1;
  return count;
}

export function stateOf(board: Board, now: number): State {
  if (recentOutages(board, now) >= FLAPS.count) return 'flapping';
  return board.up ? 'up' : 'down';
}
