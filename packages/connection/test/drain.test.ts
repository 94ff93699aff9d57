import { ClosedError } from '@iot/framing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { WriteQueue } from '../src/write-queue.js';
import { Bench, stateOf } from './bench.js';
import { noUnhandledRejections } from './guard.js';
import { settle } from './virtual-clock.js';

noUnhandledRejections();
afterEach(() => {
  vi.restoreAllMocks();
});

/** A queue in an outage with `count` writes pending, and the tickets of all that are made. */
function pending(count: number) {
  const { pump } = new Bench();
  const tickets: number[] = [];
  const write = pump.write.bind(pump);
  vi.spyOn(pump, 'write').mockImplementation((...line) => {
    const ticket = write(...line);
    tickets.push(ticket);
    return ticket;
  });
  const queue = new WriteQueue(pump, { maxUnsentLines: 1024 });
  const writes = Array.from({ length: count }, (_, i) => queue.write(`line ${i}`, {}));
  return { queue, writes, tickets };
}

describe('a drain of the writes', () => {
  it('waits for those made before it, in whichever order they settle, and for no later one', async () => {
    const { queue, tickets } = pending(3);
    const first = queue.drained();
    void queue.write('later', {});
    const second = queue.drained();
    for (const index of [2, 0, 3]) queue.settled(tickets[index]!);
    expect([await stateOf(first), await stateOf(second)]).toEqual(['pending', 'pending']);
    void queue.write('last', {});
    queue.settled(tickets[1]!);
    expect([await stateOf(first), await stateOf(second)]).toEqual(['resolved', 'resolved']);
    expect([queue.drains, queue.size]).toEqual([0, 1]);
  });

  it('leaves no listener when it is aborted, however often', async () => {
    const { queue, tickets } = pending(100);
    const kept = queue.drained();
    for (let i = 0; i < 100; i++) {
      const abort = new AbortController();
      const drained = queue.drained(abort.signal);
      void queue.write('one more', {});
      abort.abort('enough');
      expect(await stateOf(drained)).toBe('enough');
    }
    expect(queue.drains).toBe(1);
    for (const ticket of tickets.slice(0, 100)) queue.settled(ticket);
    expect(await stateOf(kept)).toBe('resolved');
    expect([queue.drains, queue.size]).toEqual([0, 100]);
  });

  it('that is begun between the aborts of two others is not forgotten with them', async () => {
    const { queue, tickets } = pending(1);
    const [one, other] = [new AbortController(), new AbortController()];
    void queue.drained(one.signal);
    void queue.drained(other.signal);
    one.abort();
    const kept = Promise.resolve().then(() => queue.drained());
    other.abort();
    await settle();
    queue.settled(tickets[0]!);
    expect(await stateOf(kept)).toBe('resolved');
  });

  it('hangs nothing on the writes that it waits for', () => {
    const { queue, writes } = pending(100);
    const heard = writes.map((write) => vi.spyOn(write, 'then'));
    void queue.drained(new AbortController().signal);
    expect(heard.filter(({ mock }) => mock.calls.length > 0)).toHaveLength(0);
  });

  it('resolves when the close has settled all writes', async () => {
    const { queue } = pending(3);
    const drained = [queue.drained(), queue.drained(new AbortController().signal)];
    queue.close(new ClosedError());
    expect(await Promise.all(drained.map(stateOf))).toEqual(['resolved', 'resolved']);
    expect([queue.drains, queue.size]).toEqual([0, 0]);
  });
});
