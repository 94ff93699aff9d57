import { describe, expect, it } from 'vitest';
import { EventHeap } from '../src/event-heap.js';
import { Random } from '../src/random.js';
import { LivelockError, VirtualClock } from '../src/virtual-clock.js';

describe('VirtualClock', () => {
  it('runs events by time, and at one time in the order in which they were asked for', () => {
    const clock = new VirtualClock();
    const seen: string[] = [];
    const note = (name: string) => () => seen.push(`${clock.now} ${name}`);
    clock.at(20, note('c'));
    clock.after(10, note('a'));
    clock.at(20, note('d'));
    clock.at(10, note('b'));
    clock.runUntil(30);
    expect(seen).toEqual(['10 a', '10 b', '20 c', '20 d']);
    expect(clock.now).toBe(30);
    expect(clock.pending).toBe(0);
  });

  it('runs the next turn after everything due at the same time, late-comers included', () => {
    const clock = new VirtualClock();
    const seen: string[] = [];
    clock.at(5, () => {
      clock.nextTurn(() => {
        seen.push('next turn');
        clock.nextTurn(() => seen.push('turn after'));
        clock.at(5, () => seen.push('asked in the next turn'));
      });
      seen.push('timer');
    });
    clock.at(5, () => {
      seen.push('data');
      clock.at(clock.now, () => seen.push('data sent at this instant'));
    });
    clock.at(6, () => seen.push('later'));
    clock.runUntil(10);
    expect(seen).toEqual([
      'timer',
      'data',
      'data sent at this instant',
      'next turn',
      'asked in the next turn',
      'turn after',
      'later',
    ]);
  });

  it('cancels, also what the same instant has in store, and cancelling twice or late does nothing', () => {
    const clock = new VirtualClock();
    const seen: string[] = [];
    const cancelB = clock.at(1, () => seen.push('b'));
    cancelB();
    cancelB();
    const cancelA = clock.at(1, () => {
      seen.push('a');
      cancelD();
    });
    const cancelD = clock.at(1, () => seen.push('d'));
    expect(clock.pending).toBe(2);
    clock.runUntil(1);
    cancelA();
    expect(seen).toEqual(['a']);
  });

  it('takes a time gone by as now, Infinity as never and NaN as a mistake', () => {
    const clock = new VirtualClock();
    clock.runUntil(100);
    const seen: number[] = [];
    clock.at(3, () => seen.push(clock.now));
    clock.at(Infinity, () => seen.push(-1))();
    clock.runUntil(200);
    expect(seen).toEqual([100]);
    expect(() => clock.at(NaN, () => undefined)).toThrow(RangeError);
  });

  it('stops as soon as a condition gives way, or at the limit', () => {
    const clock = new VirtualClock();
    let count = 0;
    const tick = () => {
      count += 1;
      clock.after(10, tick);
    };
    clock.after(10, tick);
    expect(clock.runWhile(() => count < 3, 1_000)).toBe(true);
    expect(clock.now).toBe(30);
    expect(clock.runWhile(() => count < 100, 55)).toBe(false);
    expect(clock.now).toBe(55);
    expect(count).toBe(5);
  });

  it('says false when nothing is left to run, and leaves the time where it was without a limit', () => {
    const clock = new VirtualClock();
    clock.at(4, () => undefined);
    expect(clock.runWhile(() => true, Infinity)).toBe(false);
    expect(clock.now).toBe(4);
  });

  it('names a livelock instead of spinning without end', () => {
    const clock = new VirtualClock({ maxEventsPerInstant: 50 });
    const spin = () => void clock.nextTurn(spin);
    clock.at(7, spin);
    expect(() => clock.runUntil(10)).toThrow(
      new LivelockError('livelock: more than 50 events at 7 ms, the last is spin'),
    );
  });

  it('does not take many events at different times for a livelock', () => {
    const clock = new VirtualClock({ maxEventsPerInstant: 2 });
    let run = 0;
    for (let time = 0; time < 100; time += 1) clock.at(time, () => (run += 1));
    clock.runUntil(100);
    expect(run).toBe(100);
  });

  it('refuses to be run from inside an event', () => {
    const clock = new VirtualClock();
    clock.at(1, () => clock.runUntil(2));
    expect(() => clock.runUntil(3)).toThrow(/running already/);
  });

  it('can go on after an event threw', () => {
    const clock = new VirtualClock();
    clock.at(1, () => {
      throw new Error('broken');
    });
    expect(() => clock.runUntil(3)).toThrow('broken');
    clock.runUntil(3);
    expect(clock.now).toBe(3);
  });
});

describe('EventHeap', () => {
  it('keeps its order through any mixture of pushes, pops and removals', () => {
    const random = new Random(1);
    const heap = new EventHeap<{ value: number; place: number }>((a, b) => a.value < b.value);
    const model: { value: number; place: number }[] = [];
    for (let step = 0; step < 20_000; step += 1) {
      const action = random.int(0, 3);
      if (action < 2) {
        const item = { value: random.float(), place: -1 };
        heap.push(item);
        model.push(item);
      } else if (action === 2 && model.length > 0) {
        const item = random.pick(model);
        expect(heap.remove(item)).toBe(true);
        expect(heap.remove(item)).toBe(false);
        model.splice(model.indexOf(item), 1);
      } else {
        const least = model.reduce<(typeof model)[number] | undefined>(
          (best, item) => (best === undefined || item.value < best.value ? item : best),
          undefined,
        );
        expect(heap.pop()).toBe(least);
        if (least !== undefined) model.splice(model.indexOf(least), 1);
      }
      if (heap.size !== model.length) expect(heap.size).toBe(model.length);
    }
  });
});
