/** Decides when the next line may be written. */
import { setTimeout as sleep } from 'node:timers/promises';

export interface Pace {
  /**
   * Waits until the line with this id may be written. Resolves to false if no further line may be written.
   */
  turn(id: number): Promise<boolean>;
}

/** A pause after every burst of lines, until `stop` is aborted. */
export function steady(burst: number, intervalMs: number, stop: AbortSignal): Pace {
  return {
    async turn(id) {
      if (id > 0 && id % burst === 0) {
        await sleep(intervalMs, undefined, { signal: stop }).catch(() => undefined);
      }
      return !stop.aborted;
    },
  };
}
