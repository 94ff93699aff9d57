import { Random } from '@iot/simulation';
import { describe, expect, it } from 'vitest';
import { OrderedQueue } from '../src/ordered-queue.js';

describe('an ordered queue', () => {
  it.each([true, false])(
    'holds what a map would, in ascending order; only the first one leaves: %s',
    (fifo) => {
      const random = new Random(7);
      const queue = new OrderedQueue<string>();
      let model = new Map<number, string>();
      let next = 0;
      for (let step = 0; step < 1500; step++) {
        if (random.chance(1 / 1000)) {
          queue.clear();
          model.clear();
        } else if (random.chance(model.size < 100 ? 0.6 : 0.4)) {
          next = random.chance(0.1) ? Math.max(0, ...model.keys()) : next;
          next += random.int(1, 3);
          queue.push(next, `item ${next}`);
          model.set(next, `item ${next}`);
        } else if (random.chance(0.05)) {
          const before = Math.min(next + 1, ...model.keys()) - random.int(1, 3);
          queue.pushFirst(before, `item ${before}`);
          model = new Map([[before, `item ${before}`], ...model]);
        } else {
          const numbers = [...model.keys()];
          const number = fifo ? (numbers[0] ?? 0) : random.int(next - 200, next + 1);
          expect(queue.delete(number)).toBe(model.delete(number));
          expect(queue.get(number)).toBeUndefined();
        }
        expect([...queue]).toEqual([...model.values()]);
        expect([queue.size, queue.first, queue.firstNumber, queue.last]).toEqual([
          model.size,
          [...model.values()][0],
          [...model.keys()][0],
          [...model.values()].at(-1),
        ]);
        expect([...model.keys()].map((number) => queue.get(number))).toEqual([...model.values()]);
      }
    },
  );

  it('takes no more space for what has left, while the first one stays', () => {
    const queue = new OrderedQueue<object>();
    queue.push(0, {});
    const before = process.memoryUsage().heapUsed;
    for (let number = 1; number < 8_000_000; number++) {
      queue.push(number, queue);
      // Never the last one, whose space is free at once.
      if (number > 1) queue.delete(number - 1);
    }
    expect(queue.size).toBe(2);
    // 16 bytes for each would be 128 MB, and what waits for the collector is less than the limit.
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(64_000_000);
  });
});
