import { afterEach, beforeEach, expect } from 'vitest';
import { settle } from './virtual-clock.js';

/** In the tests of this file no failure may go without somebody who hears of it. */
export function noUnhandledRejections(): void {
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);
  beforeEach(() => {
    process.on('unhandledRejection', note);
  });
  afterEach(async () => {
    await settle();
    process.off('unhandledRejection', note);
    expect(unhandled.splice(0)).toEqual([]);
  });
}

/** Runs `act` and returns the uncaught exceptions meanwhile. */
export async function uncaughtIn(act: () => void | Promise<void>): Promise<unknown[]> {
  const others = process.listeners('uncaughtException');
  const uncaught: unknown[] = [];
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', (error) => uncaught.push(error));
  try {
    await act();
    await settle();
    return uncaught;
  } finally {
    process.removeAllListeners('uncaughtException');
    for (const listener of others) process.on('uncaughtException', listener);
  }
}
