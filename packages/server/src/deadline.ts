/** A timer for deadlines of clients, which is fair when this process was busy. */
import type { Clock } from '@iot/connection';

/**
 * Calls `late` at the time `at`, after one further turn of the event loop. In that turn, bytes that arrived while this process
 * was busy are read first.
 *
 * @returns a function that cancels the call
 */
export function deadline(clock: Clock, at: number, late: () => void): () => void {
  let cancel = clock.at(at, () => {
    cancel = clock.nextTurn(late);
  });
  return () => cancel();
}
