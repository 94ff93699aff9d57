import { describe, expect, it } from 'vitest';
import { StallDetector, type Stall } from '../src/watchdog/stall-detector.js';
import { watchdogSettings } from '../src/watchdog/options.js';

const settings = watchdogSettings({ timeoutMs: 8000 }, 1);

/** A detector in virtual time, which turns once a second. */
class Bench {
  now = 5_000_000;
  readonly #signs = { beats: 3, moves: 1 };
  readonly #detector = new StallDetector(settings, { ...this.#signs }, this.now);

  /** This number of turns; in each the loop turned, the client moved, or neither. */
  turns(count: number, signs: { beats?: 1; moves?: 1 }, ms = settings.turnMs): (Stall | undefined)[] {
    return Array.from({ length: count }, () => {
      this.now += ms;
      this.#signs.beats += signs.beats ?? 0;
      this.#signs.moves += signs.moves ?? 0;
      return this.#detector.turn({ ...this.#signs }, this.now);
    });
  }
}

const fine = (count: number) => Array<undefined>(count).fill(undefined);

describe('the stall detector of the watchdog', () => {
  it('finds a loop that does not turn for the timeout', () => {
    const bench = new Bench();
    expect(bench.turns(8, {})).toEqual([...fine(7), 'loop']);
  });

  it('finds a client that does not move for the timeout while the loop turns', () => {
    const bench = new Bench();
    expect(bench.turns(8, { beats: 1 })).toEqual([...fine(7), 'client']);
  });

  it('never reports a client that moves just in time', () => {
    const bench = new Bench();
    for (let round = 0; round < 100; round++) {
      expect(bench.turns(7, { beats: 1 })).toEqual(fine(7));
      expect(bench.turns(1, { beats: 1, moves: 1 })).toEqual(fine(1));
    }
  });

  it('does not count against the client the time in which the loop hung', () => {
    const bench = new Bench();
    bench.turns(4, { beats: 1 });
    bench.turns(7, {});
    expect(bench.turns(4, { beats: 1 })).toEqual([...fine(3), 'client']);
  });

  it('takes a turn of an hour, in which the process was suspended, as two', () => {
    const bench = new Bench();
    expect(bench.turns(1, {}, 3_600_000)).toEqual(fine(1));
    expect(bench.turns(6, {})).toEqual([...fine(5), 'loop']);
  });

  it('comes to its end on a starved machine too, where each turn is late', () => {
    const bench = new Bench();
    expect(bench.turns(4, {}, 10_000)).toEqual([...fine(3), 'loop']);
  });
});
