/**
 * Decides which clients are in trouble, and in which order clients are shown over HTTP and in the dashboard.
 * The dashboard imports this file, so it must not use Node.
 */

/** Times are ms since 1970. */
export interface Troubled {
  readonly id: string;
  readonly up: boolean;
  readonly since: number;
  /** In order. */
  readonly outages: readonly { readonly at: number }[];
}

export type State = 'flapping' | 'down' | 'up';

/** A client flaps when its link has ended at least this often within this time, for any reason. */
export const FLAPS = { count: 3, withinMs: 15 * 60_000 };

/** The number of outages within `FLAPS.withinMs`. */
export function recentOutages({ outages }: Troubled, now: number): number {
  const from = now - FLAPS.withinMs;
  let count = 0;
  while (count < outages.length && outages[outages.length - 1 - count]!.at > from) count += 1;
  return count;
}

export function stateOf(client: Troubled, now: number): State {
  if (recentOutages(client, now) >= FLAPS.count) return 'flapping';
  return client.up ? 'up' : 'down';
}

export interface Ranked<T extends Troubled = Troubled> {
  readonly client: T;
  readonly state: State;
  /** Recent ones. */
  readonly outages: number;
}

/** Computed once for each client, because a sort compares each client several times. */
export function ranked<T extends Troubled>(client: T, now: number): Ranked<T> {
  return { client, state: stateOf(client, now), outages: recentOutages(client, now) };
}

const ids = new Intl.Collator('en', { numeric: true });

/** `board-2` is before `board-10`. */
export function byId(one: Ranked, other: Ranked): number {
  const [first, second] = [one.client.id, other.client.id];
  // The collator may treat two different ids as equal, such as `1` and `01`.
  return ids.compare(first, second) || (first < second ? -1 : Number(first > second));
}

/**
 * Order: clients that flap, by number of outages; clients that are down, the latest first; other clients by
 * number of outages.
 */
export function byTrouble(one: Ranked, other: Ranked): number {
  return (
    RANKS[one.state] - RANKS[other.state] ||
    (one.state === 'down' && other.state === 'down' ? other.client.since - one.client.since : 0) ||
    other.outages - one.outages ||
    byId(one, other)
  );
}

const RANKS: Readonly<Record<State, number>> = { flapping: 0, down: 1, up: 2 };
