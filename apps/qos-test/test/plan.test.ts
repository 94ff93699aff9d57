import { describe, expect, it } from 'vitest';
import { ENDS, OUTAGES, plan, type Step } from '../campaign/plan.js';
import { SeededRandom } from '@iot/fault-proxy';

function count(steps: readonly Step[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const step of steps) {
    const name = step.type === 'kill' ? `kill ${step.end}` : step.kind;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

describe('the plan', () => {
  it.each([
    [40, 50],
    [3, 2],
    [2, 0],
    [0, 3],
  ])('holds %i outages of each kind and %i kills of each end', (outages, kills) => {
    const expected = {
      ...(outages > 0 && Object.fromEntries(OUTAGES.map((kind) => [kind, outages]))),
      ...(kills > 0 && { 'kill client': kills, 'kill server': kills }),
    };
    expect(count([...plan({ outages, kills, killed: ENDS }, new SeededRandom(1))])).toEqual(expected);
  });

  it('kills only the ends that it is told to', () => {
    const steps = [...plan({ outages: 0, kills: 3, killed: ['server'] }, new SeededRandom(1))];
    expect(count(steps)).toEqual({ 'kill server': 3 });
  });

  it('is the same for the same seed, and another for another', () => {
    const draw = (seed: number): string =>
      JSON.stringify([...plan({ outages: 5, kills: 5, killed: ENDS }, new SeededRandom(seed))]);
    expect(draw(7)).toBe(draw(7));
    expect(draw(7)).not.toBe(draw(8));
  });

  it('goes on without an end where no number of outages is given', () => {
    const steps = plan({ outages: undefined, kills: 1, killed: ENDS }, new SeededRandom(1));
    const taken = Array.from({ length: 102 }, () => steps.next().value as Step);
    expect(count(taken)).toEqual({
      ...Object.fromEntries(OUTAGES.map((kind) => [kind, 20])),
      'kill client': 1,
      'kill server': 1,
    });
  });
});
