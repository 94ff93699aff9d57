/**
 * Message ids (PROTOCOL.md section 2): `0, 1, 2 … 255, 1, 2 …`. 0 is used once, so the ids after it form a ring of
 * 255 places, in which 0 and 255 have the same place: just before 1.
 */

/** Places in the ring. */
const RING = 255;

/** The newest id sent minus the oldest pending one, counted in messages, is at most this (PROTOCOL.md section 3). */
export const MAX_SPREAD = 119;

/** A receiver remembers the ids up to this many places before the newest. */
export const WINDOW = 127;

/**
 * The id of a line that is held (not acked yet) is remembered for longer: an original runs on past a line that it still
 * repeats. This many places before the newest is the next use of the id, except for a few ids that may come out of order.
 */
export const HELD_WINDOW = 246;

/** The id of the sender's `n`-th message, counted from 0. */
export function idOf(n: number): number {
  return n === 0 ? 0 : ((n - 1) % RING) + 1;
}

/** How many messages `to` lies ahead of `from`: 1 to 127; 0 or negative when it is the same place or before it. */
export function ahead(from: number, to: number): number {
  const steps = (to - from + 2 * RING) % RING;
  return steps <= WINDOW ? steps : steps - RING;
}

/** The ids that are `steps` before `id`: one, or two where 0 and 255 share the place. */
export function earlier(id: number, steps: number): readonly number[] {
  const place = (id - steps + 2 * RING) % RING;
  return place === 0 ? [RING, 0] : [place];
}

/**
 * Ids that are kept and sent again until acked whatever their `qos`: without them eight lost ids in a row would leave
 * stale bits in an original's map, and a later line would be acked and dropped (PROTOCOL.md section 3, Keepers).
 */
export function isKeeper(id: number): boolean {
  return id === 0 || (id & 7) === 7;
}
