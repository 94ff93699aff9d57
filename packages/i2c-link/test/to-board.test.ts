import { beforeEach, describe, expect, it } from 'vitest';
import { Outbox } from '../src/bridge/outbox.js';

let toBoard: Outbox;
beforeEach(() => {
  toBoard = new Outbox();
});

const next = (line?: string) => {
  const bytes = toBoard.next(line);
  return bytes && new TextDecoder().decode(bytes);
};
/** What goes out, each message taken whole. */
const all = (line?: string) => {
  const out: string[] = [];
  for (let message = next(line); message !== undefined; message = next(line)) {
    out.push(message);
    if (toBoard.taken(message.length)) line = undefined;
  }
  return out;
};

it('reports the link before what came over it', () => {
  toBoard.put('report', { type: 'report', report: { connects: 1, count: 2, freeMemory: 3 } });
  toBoard.put('keepalive', { type: 'keepalive' });
  toBoard.put('state', { type: 'up' });
  expect(all('hello')).toEqual(['u\n', 'k\n', 'r[1,2,3]\n', 'nhello\n']);
});

it('says one thing at a time, the next when the last is wholly taken', () => {
  expect(next('hello')).toBe('nhello\n');
  toBoard.put('keepalive', { type: 'keepalive' });
  expect(next('hello')).toBeUndefined();
  expect(toBoard.taken(6)).toBe(false);
  expect(next('hello')).toBeUndefined();
  expect(toBoard.taken(1)).toBe(true);
  expect(next('again')).toBe('k\n');
  expect(toBoard.taken(2)).toBe(false);
  expect(next('again')).toBe('nagain\n');
});

it('keeps one message of a kind, the latest, while the board takes none', () => {
  for (let i = 0; i < 100; i++) toBoard.put('keepalive', { type: 'keepalive' });
  toBoard.put('state', { type: 'up' });
  toBoard.put('state', { type: 'down' });
  expect(all()).toEqual(['d\n', 'k\n']);
});

describe('a long line', () => {
  const long = 'x'.repeat(199);
  const sayAlive = () => toBoard.put('keepalive', { type: 'keepalive' });

  it('goes ahead of the first keepalive, from which on the board counts', () => {
    sayAlive();
    expect(all(long)).toEqual([`n${long}\n`, 'k\n']);
  });

  it('has a keepalive right before it from then on, which a short one has not', () => {
    sayAlive();
    expect(all()).toEqual(['k\n']);
    expect(all(long)).toEqual(['k\n', `n${long}\n`]);
    expect(all(long)).toEqual(['k\n', `n${long}\n`]);
    expect(all('x'.repeat(198))).toEqual([`n${'x'.repeat(198)}\n`]);
  });

  it('makes do with the one that goes out just then', () => {
    sayAlive();
    expect(all()).toEqual(['k\n']);
    sayAlive();
    expect(all(long)).toEqual(['k\n', `n${long}\n`]);
  });
});
