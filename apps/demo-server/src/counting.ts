import { setTimeout as sleep } from 'node:timers/promises';

/** 0 at once, then 1, 2, 3 …, each `ms` after the one before was dealt with, until `stop` is aborted. */
export async function* counting(ms: number, stop: AbortSignal): AsyncGenerator<number, void> {
  for (let count = 0; !stop.aborted; count++) {
    yield count;
    await sleep(ms, undefined, { signal: stop }).catch(() => undefined);
  }
}
