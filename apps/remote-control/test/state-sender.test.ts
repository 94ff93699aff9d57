import { beforeEach, expect, it } from 'vitest';
import { StateSender, type Link } from '../src/state-sender.js';
import { parse } from '../src/state.js';

/** A link whose writes go out when the test says so. */
class TestLink {
  status = true;
  readonly written: { line: string; signal: AbortSignal; out: () => void }[] = [];
  readonly #listeners: ((up: boolean) => void)[] = [];

  on: Link['on'] = (_, listener) => {
    this.#listeners.push(listener as (up: boolean) => void);
    return () => undefined;
  };

  write: Link['write'] = (line, options) =>
    new Promise((resolve, reject) => {
      const signal = options!.signal!;
      expect(options).toEqual({ qos: false, signal });
      signal.addEventListener('abort', () => reject(signal.reason as Error));
      this.written.push({ line, signal, out: resolve });
    });

  turn(up: boolean): void {
    this.status = up;
    for (const listener of this.#listeners) listener(up);
  }

  get lines(): (readonly [boolean, number])[] {
    return this.written.map(({ line }) => {
      const { on, stamp } = parse(line)!;
      return [on, stamp!.seq];
    });
  }
}

let link: TestLink;
let sender: StateSender;

beforeEach(() => {
  link = new TestLink();
  sender = new StateSender(link);
});

/** Lets the sender hear that a write is out. */
async function out(index: number): Promise<void> {
  link.written[index]!.out();
  await Promise.resolve();
}

it('sends each state, the first of a link as number 1', async () => {
  sender.set(true);
  await out(0);
  sender.set(false);
  await out(1);
  expect(link.lines).toEqual([
    [true, 1],
    [false, 2],
  ]);
  expect(link.written[0]!.signal).toBe(link.written[1]!.signal);
  expect(link.written[0]!.signal.aborted).toBe(false);
});

it('lets newer states replace each other while a write has not gone out', async () => {
  sender.set(true);
  for (const on of [false, true, false]) sender.set(on);
  expect(link.lines).toEqual([[true, 1]]);
  await out(0);
  expect(link.lines).toEqual([
    [true, 1],
    [false, 2],
  ]);
  await out(1);
  expect(link.written.length).toBe(2);
});

it('withdraws what has not gone out when the link goes down', async () => {
  sender.set(true);
  link.turn(false);
  expect(link.written[0]!.signal.aborted).toBe(true);
  link.turn(true);
  expect(link.lines).toEqual([
    [true, 1],
    [true, 1],
  ]);
  expect(link.written[1]!.signal.aborted).toBe(false);
});

it('writes nothing while the link is down, and the state of the moment when it is up again', async () => {
  sender.set(false);
  await out(0);
  link.turn(false);
  for (const on of [true, false, true]) sender.set(on);
  expect(link.written.length).toBe(1);
  link.turn(true);
  expect(link.lines.slice(1)).toEqual([[true, 1]]);
});

it('writes the same state again on a new link, under the number of that link', async () => {
  sender.set(true);
  await out(0);
  link.turn(false);
  link.turn(true);
  const [first, second] = link.written.map(({ line }) => parse(line)!.stamp!.link);
  expect(second).toBeDefined();
  expect(first).not.toBe(second);
});

it('says nothing before there is a state, and nothing that is not a change', async () => {
  link.turn(false);
  link.turn(true);
  expect(link.written).toEqual([]);
  sender.set(false);
  await out(0);
  sender.set(false);
  expect(link.lines).toEqual([[false, 1]]);
});
