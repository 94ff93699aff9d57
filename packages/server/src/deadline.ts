import type { Clock } from '@iot/connection';

/**
 * Calls `late` at this time, after one further turn of the event loop: what came while this process was busy is read in
 * it.
 *
 * @returns cancels it
 */
export function deadline(clock: Clock, at: number, late: () => void): () => void {
  let cancel = clock.at(at, () => {
    cancel = clock.nextTurn(late);
  });
  return () => cancel();
}
