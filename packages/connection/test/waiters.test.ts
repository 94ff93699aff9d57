import { describe, expect, it } from 'vitest';
import { quiet, rejected, Waiters } from '../src/internal/index.js';
import { stateOf } from './bench.js';
import { noUnhandledRejections } from './guard.js';

noUnhandledRejections();

describe('waiters', () => {
  it('are served first come, first served, one value each', async () => {
    const waiters = new Waiters<number>();
    const [first, second] = [waiters.wait(), waiters.wait()];
    waiters.resolveNext(1);
    expect(waiters.size).toBe(1);
    waiters.resolveNext(2);
    expect(await Promise.all([first, second])).toEqual([1, 2]);
    expect(waiters.size).toBe(0);
  });

  it('lose their turn when aborted: it goes to the next', async () => {
    const waiters = new Waiters<number>();
    const abort = new AbortController();
    const [first, second] = [waiters.wait(abort.signal), waiters.wait()];
    abort.abort('enough');
    waiters.resolveNext(1);
    expect(await stateOf(first)).toBe('enough');
    expect(await second).toBe(1);
    expect(await stateOf(waiters.wait(abort.signal))).toBe('enough');
    expect(waiters.size).toBe(0);
  });

  it('keep the value they got when aborted right after it', async () => {
    const waiters = new Waiters<number>();
    const abort = new AbortController();
    const wait = waiters.wait(abort.signal);
    waiters.resolveNext(1);
    abort.abort();
    expect(await wait).toBe(1);
  });

  it('are all served, or all refused, at once', async () => {
    const waiters = new Waiters<string>();
    const good = [waiters.wait(), waiters.wait()];
    waiters.resolveAll('yes');
    expect(await Promise.all(good)).toEqual(['yes', 'yes']);
    const bad = [waiters.wait(), waiters.wait()];
    waiters.rejectAll(new Error('no'));
    for (const wait of bad) expect(await stateOf(wait)).toBe('no');
    expect(waiters.size).toBe(0);
  });

  it('leave nothing at their signals, however they end', async () => {
    const waiters = new Waiters<number>();
    const { signal } = new AbortController();
    const listeners = new Set<unknown>();
    signal.addEventListener = (_: string, listener: unknown) => listeners.add(listener);
    signal.removeEventListener = (_: string, listener: unknown) => listeners.delete(listener);
    const waits = [waiters.wait(signal), waiters.wait(signal)];
    expect(listeners.size).toBe(1);
    waiters.resolveNext(1);
    waiters.rejectAll(new Error('no'));
    await Promise.allSettled(waits);
    expect(listeners.size).toBe(0);
  });
});

describe('a quiet failure', () => {
  it('reaches those who await it, and is not an unhandled rejection', async () => {
    expect(await stateOf(quiet(Promise.reject(new Error('psst'))))).toBe('psst');
    expect(await stateOf(rejected(new Error('psst')))).toBe('psst');
    void rejected(new Error('not awaited'));
  });
});
