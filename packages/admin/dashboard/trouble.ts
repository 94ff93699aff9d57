/** Which boards are in trouble, and in which order they are shown. */
import type { Board } from './model.js';

export type State = 'flapping' | 'down' | 'up';
export type Order = 'trouble' | 'id' | 'roundTrip' | 'repeats';

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

interface Ranked {
  readonly board: Board;
  readonly state: State;
  readonly outages: number;
}

const ids = new Intl.Collator('en', { numeric: true });
const byId = (one: Ranked, other: Ranked): number => ids.compare(one.board.id, other.board.id);

const ORDERS: Readonly<Record<Order, (one: Ranked, other: Ranked) => number>> = {
  // Those that flap, by how often; those that are down, the newest first; the others by their outages.
  trouble: (one, other) =>
    rank(one) - rank(other) ||
    (one.state === 'down' && other.state === 'down' ? other.board.since - one.board.since : 0) ||
    other.outages - one.outages ||
    byId(one, other),
  id: byId,
  roundTrip: (one, other) =>
    (other.board.roundTripMs ?? -1) - (one.board.roundTripMs ?? -1) || byId(one, other),
  repeats: (one, other) => other.board.repeats - one.board.repeats || byId(one, other),
};

const RANKS: Readonly<Record<State, number>> = { flapping: 0, down: 1, up: 2 };
const rank = ({ state }: Ranked): number => RANKS[state];

export interface Wanted {
  readonly order: Order;
  /** Default: all. */
  readonly state?: State | undefined;
  /** Part of an id or an address; case does not matter. */
  readonly text: string;
}

export interface Listed {
  readonly boards: readonly Board[];
  /** Of all boards, also of those that are not wanted. */
  readonly counts: Readonly<Record<State, number>>;
}

export function listed(boards: Iterable<Board>, { order, state, text }: Wanted, now: number): Listed {
  const counts = { flapping: 0, down: 0, up: 0 };
  const wanted: Ranked[] = [];
  const needle = text.trim().toLowerCase();
  for (const board of boards) {
    const its = stateOf(board, now);
    counts[its] += 1;
    if (state !== undefined && its !== state) continue;
    if (!board.id.toLowerCase().includes(needle) && board.address?.includes(needle) !== true) continue;
    wanted.push({ board, state: its, outages: recentOutages(board, now) });
  }
  wanted.sort(ORDERS[order]);
  return { boards: wanted.map(({ board }) => board), counts };
}
