import { expect, it } from 'vitest';
import { Emitter } from '../src/internal/index.js';
import { uncaughtIn } from './guard.js';

interface Events {
  word: [text: string];
  end: [];
}

it('calls all listeners of an event, at once, in the order in which they came', () => {
  const emitter = new Emitter<Events>(['word', 'end']);
  const heard: string[] = [];
  emitter.on('word', (text) => heard.push(`1 ${text}`));
  emitter.on('word', (text) => heard.push(`2 ${text}`));
  emitter.on('end', () => heard.push('end'));
  emitter.emit('word', 'hi');
  expect(heard).toEqual(['1 hi', '2 hi']);
});

it('refuses a listener that is not a function, at once', () => {
  const emitter = new Emitter<Events>(['word', 'end']);
  expect(() => emitter.on('end', undefined as never)).toThrow('the listener to end must be a function');
});

it('takes the same function twice, and off once for each', () => {
  const emitter = new Emitter<Events>(['word', 'end']);
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

it('emits an event that a listener causes after the current one: all listeners see the same order', () => {
  const emitter = new Emitter<Events>(['word', 'end']);
  const heard: string[] = [];
  emitter.on('word', (text) => {
    if (text === 'first') emitter.emit('word', 'second');
  });
  emitter.on('word', (text) => heard.push(text));
  emitter.emit('word', 'first');
  expect(heard).toEqual(['first', 'second']);
});

it('makes an uncaught exception of what a listener throws, and goes on', async () => {
  const emitter = new Emitter<Events>(['word', 'end']);
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

it('refuses an event that there is none of, and names those that there are', async () => {
  const emitter = new Emitter<Events>(['word', 'end']);
  const refused = expect.objectContaining({
    name: 'UsageError',
    code: 'ERR_BAD_OPTION',
    message: 'there is no event wrod: the events are word, end',
  }) as Error;
  expect(() => emitter.on('wrod' as 'word', () => undefined)).toThrow(refused);
  await expect(emitter.once('wrod' as 'word')).rejects.toEqual(refused);
  await expect(emitter.once('toString' as 'word')).rejects.toMatchObject({ code: 'ERR_BAD_OPTION' });
});

it('resolves once with the arguments of the next event, for all who wait', async () => {
  const emitter = new Emitter<Events>(['word', 'end']);
  const both = Promise.all([emitter.once('word'), emitter.once('word')]);
  expect(emitter.hasListeners).toBe(true);
  emitter.emit('word', 'first');
  emitter.emit('word', 'second');
  expect(await both).toEqual([['first'], ['first']]);
  expect(emitter.hasListeners).toBe(false);
});

it('stops waiting for an event when the signal is aborted', async () => {
  const emitter = new Emitter<Events>(['word', 'end']);
  const stop = new AbortController();
  const word = emitter.once('word', { signal: stop.signal });
  stop.abort('enough');
  await expect(word).rejects.toBe('enough');
  expect(emitter.hasListeners).toBe(false);
  await expect(emitter.once('word', { signal: stop.signal })).rejects.toBe('enough');
});

it('rejects who waits for an event that does not come any more, after those that were emitted before', async () => {
  const emitter = new Emitter<Events>(['word', 'end']);
  const word = emitter.once('word');
  const end = emitter.once('end');
  emitter.on('end', () => undefined);
  emitter.emit('end');
  emitter.end(new Error('over'));
  expect(await end).toEqual([]);
  await expect(word).rejects.toThrow('over');
  await expect(emitter.once('end')).rejects.toThrow('over');
});
