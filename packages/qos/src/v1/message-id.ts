/**
 * Message ids of version 1 (PROTOCOL.md section 2): `0, 1, 2 … 255, 1, 2 …`. 0 is used once. So the ids form a ring of
 * 255 places, in which 0 and 255 share a place, just before 1.
 */

/** Places in the ring. */
const RING = 255;

/**
 * Largest spread: the newest id sent minus the oldest pending one, counted in messages (PROTOCOL.md section 3, Spread).
 */
export const MAX_SPREAD = 119;

/** A receiver remembers ids up to this many places before the newest one. */
export const WINDOW = 127;

/**
 * A line that is held (accepted and not acked yet) is remembered for longer, because an original sends more lines while
 * it still repeats that one. The id is used again 255 places later; this is a little less, because ids may come out of
 * order.
 */
export const HELD_WINDOW = 246;

/** The id of a sender's `n`-th message, counted from 0. */
export function idOf(n: number): number {
  return n === 0 ? 0 : ((n - 1) % RING) + 1;
}

/** How many places `to` is after `from`: 1 to 127. 0 when it is the same place, negative when it is before. */
export function ahead(from: number, to: number): number {
  const steps = (to - from + 2 * RING) % RING;
  return steps <= WINDOW ? steps : steps - RING;
}

/** The ids that are `steps` places before `id`: one id, or two where 0 and 255 share the place. */
export function earlier(id: number, steps: number): readonly number[] {
  const place = (id - steps + 2 * RING) % RING;
  return place === 0 ? [RING, 0] : [place];
}

/**
 * True for a keeper: an id whose message is sent again until acked, whatever its `qos`. Otherwise eight lost ids in a
 * row would leave old bits in an original's map of received ids, and it would ack and drop a later line (PROTOCOL.md
 * section 3, Keepers).
 */
export function isKeeper(id: number): boolean {
  return id === 0 || (id & 7) === 7;
}
