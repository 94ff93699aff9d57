import { expect, it } from 'vitest';
import { Emitter } from '../src/emitter.js';

it('goes on to the other listeners when one throws, and lets the error surface by itself', async () => {
  const emitter = new Emitter<{ tick: number }>();
  const heard: number[] = [];
  emitter.on('tick', () => {
    throw new Error('mine');
  });
  emitter.on('tick', (value) => heard.push(value));
  const others = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  try {
    const surfaced = new Promise<Error>((resolve) => process.once('uncaughtException', resolve));
    emitter.emit('tick', 7);
    expect(heard).toEqual([7]);
    expect((await surfaced).message).toBe('mine');
  } finally {
    for (const listener of others) process.on('uncaughtException', listener);
  }
});

it('keeps one function added twice as two listeners', () => {
  const emitter = new Emitter<{ tick: number }>();
  let heard = 0;
  const listener = (value: number): void => {
    heard += value;
  };
  const off = emitter.on('tick', listener);
  emitter.on('tick', listener);
  emitter.emit('tick', 1);
  off();
  emitter.emit('tick', 10);
  expect(heard).toBe(12);
});
