import { getEventListeners } from 'node:events';
import { expect, it } from 'vitest';
import { onAbort } from '../src/abort.js';

it('listens once for many, calls each once, and leaves no listener', () => {
  const abort = new AbortController();
  const called: number[] = [];
  const stops = Array.from({ length: 50 }, (_, i) => onAbort(abort.signal, () => called.push(i)));
  expect(getEventListeners(abort.signal, 'abort')).toHaveLength(1);
  stops[0]?.();
  abort.abort();
  expect(called).toEqual(Array.from({ length: 49 }, (_, i) => i + 1));
  expect(getEventListeners(abort.signal, 'abort')).toHaveLength(0);
});

it('stops listening with the last who did, and can begin again', () => {
  const abort = new AbortController();
  const stop = onAbort(abort.signal, () => undefined);
  stop();
  stop();
  expect(getEventListeners(abort.signal, 'abort')).toHaveLength(0);
  const called: string[] = [];
  onAbort(abort.signal, () => called.push('again'));
  stop();
  abort.abort();
  expect(called).toEqual(['again']);
});

it('goes on when one who is called stops another', () => {
  const abort = new AbortController();
  const called: string[] = [];
  onAbort(abort.signal, () => {
    called.push('first');
    stop();
  });
  const stop = onAbort(abort.signal, () => called.push('second'));
  abort.abort();
  expect(called[0]).toBe('first');
});
