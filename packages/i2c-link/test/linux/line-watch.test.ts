import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LineWatch } from '../../src/linux/line-watch.js';
import type { Level } from '../../src/channel/ports.js';

/** What the clock shows; a turn of the event loop takes no time. */
let now = 0;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate'] });
  now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** Lets time go by. */
function pass(ms: number): void {
  for (let i = 0; i < ms; i++) {
    now += 1;
    vi.advanceTimersByTime(1);
  }
}

/** A line whose level a test sets, and that counts how often it is read. */
class Line {
  level: Level = 1;
  reads = 0;
  readonly changes: Level[] = [];
  readonly read = (): Level => {
    this.reads += 1;
    return this.level;
  };
  readonly listen = (level: Level): void => {
    this.changes.push(level);
  };

  readsIn(act: () => void): number {
    const before = this.reads;
    act();
    return this.reads - before;
  }
}

const never = (): void => {
  throw new Error('the line could be read');
};

describe('a watched line', () => {
  it('reports each change, and nothing while a level stays', () => {
    const line = new Line();
    new LineWatch(never).add(line.read, line.listen);
    pass(10);
    expect(line.changes).toEqual([]);
    for (const level of [0, 0, 1, 0, 1, 1] as const) {
      line.level = level;
      pass(2);
    }
    expect(line.changes).toEqual([0, 1, 0, 1]);
  });

  it('is read every 2 ms at rest', () => {
    const line = new Line();
    new LineWatch(never).add(line.read, line.listen);
    expect(line.readsIn(() => pass(1000))).toBe(500);
  });

  it('is read in every turn while an exchange runs, and slowly again 2 ms after its last edge', () => {
    const line = new Line();
    const watch = new LineWatch(never);
    watch.add(line.read, line.listen);
    const turn = () => line.readsIn(() => vi.advanceTimersToNextTimer());
    watch.stir();
    expect(Array.from({ length: 100 }, turn)).toEqual(Array(100).fill(1));
    now = 1.9;
    line.level = 0;
    turn();
    expect(line.changes).toEqual([0]);
    now = 3.8;
    expect(Array.from({ length: 100 }, turn)).toEqual(Array(100).fill(1));
    now = 3.9;
    turn();
    expect(line.readsIn(() => pass(100))).toBe(50);
  });

  it('is not watched once all have left', () => {
    const line = new Line();
    const watch = new LineWatch(never);
    const leave = [watch.add(line.read, line.listen), watch.add(line.read, never)];
    leave[1]!();
    expect(vi.getTimerCount()).toBe(1);
    leave[0]!();
    leave[0]!();
    expect(vi.getTimerCount()).toBe(0);
    watch.stir();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('may be left, and another be watched, from a listener', () => {
    const [line, other] = [new Line(), new Line()];
    const watch = new LineWatch(never);
    const leave = watch.add(line.read, (level) => {
      line.listen(level);
      leave();
      watch.add(other.read, other.listen);
    });
    line.level = 0;
    pass(2);
    line.level = 1;
    other.level = 0;
    pass(2);
    expect([line.changes, other.changes]).toEqual([[0], [0]]);
    expect(vi.getTimerCount()).toBe(1);
  });

  it('goes on when a listener throws', () => {
    const line = new Line();
    const watch = new LineWatch(never);
    watch.add(line.read, () => {
      throw new Error('the application failed');
    });
    watch.add(line.read, line.listen);
    line.level = 0;
    expect(() => pass(2)).toThrow('the application failed');
    pass(2);
    expect(line.changes).toEqual([0]);
  });
});

describe('a line that cannot be read', () => {
  it('is told once, and nothing is watched any more', () => {
    const failures: unknown[] = [];
    const gone = new Error('EIO');
    const watch = new LineWatch((error) => failures.push(error));
    let broken = false;
    watch.add(
      () => {
        if (broken) throw gone;
        return 1;
      },
      () => undefined,
    );
    pass(10);
    broken = true;
    pass(10);
    expect(failures).toEqual([gone]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
