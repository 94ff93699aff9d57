import { expect, it } from 'vitest';
import { Emitter } from '../src/internal/index.js';
import { uncaughtIn } from './guard.js';

interface Events {
  word: [text: string];
  end: [];
}

it('tells all listeners of an event, at once, in the order in which they came', () => {
  const emitter = new Emitter<Events>();
  const heard: string[] = [];
  emitter.on('word', (text) => heard.push(`1 ${text}`));
  emitter.on('word', (text) => heard.push(`2 ${text}`));
  emitter.on('end', () => heard.push('end'));
  emitter.emit('word', 'hi');
  expect(heard).toEqual(['1 hi', '2 hi']);
});

it('refuses a listener that is no function, at once', () => {
  const emitter = new Emitter<Events>();
  expect(() => emitter.on('end', undefined as never)).toThrow('what listens to end must be a function');
});

it('takes the same function twice, and off once for each', () => {
  const emitter = new Emitter<Events>();
  let calls = 0;
  const listener = () => calls++;
  const off = emitter.on('end', listener);
  emitter.on('end', listener);
  emitter.emit('end');
  expect(calls).toBe(2);
  off();
  off();
  emitter.emit('end');
  expect(calls).toBe(3);
});

it('tells what a listener causes behind what is being told: all hear the same order', () => {
  const emitter = new Emitter<Events>();
  const heard: string[] = [];
  emitter.on('word', (text) => {
    if (text === 'first') emitter.emit('word', 'second');
  });
  emitter.on('word', (text) => heard.push(text));
  emitter.emit('word', 'first');
  expect(heard).toEqual(['first', 'second']);
});

it('makes an uncaught exception of what a listener throws, and goes on', async () => {
  const emitter = new Emitter<Events>();
  let told = 0;
  emitter.on('end', () => {
    throw new Error('mine');
  });
  emitter.on('end', () => told++);
  const uncaught = await uncaughtIn(() => {
    emitter.emit('end');
    emitter.emit('end');
  });
  expect(told).toBe(2);
  expect(uncaught).toHaveLength(2);
});
