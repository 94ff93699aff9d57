import { describe, expect, it } from 'vitest';
import { farMissed, goals, verdictsOf, type Goal } from '../src/goals.js';
import { BENCH } from '../src/options.js';
import { QUICK, WHOLE } from '../src/scale.js';
import { resultsOf } from './results.js';

const GOAL: Goal = {
  title: 'p50',
  row: 'row',
  metric: 'p50',
  ours: 'ours-2',
  against: 'raw',
  limit: { atMost: 1.5 },
};

describe('a goal', () => {
  it('holds up to its limit, and is missed beyond it', () => {
    expect(verdictsOf([GOAL], resultsOf({ 'ours-2': [15], raw: [10] }))).toMatchObject([
      { ratio: 1.5, holds: true },
    ]);
    expect(verdictsOf([GOAL], resultsOf({ 'ours-2': [16], raw: [10] }))).toMatchObject([
      { ratio: 1.6, holds: false },
    ]);
  });

  it('with a lower limit holds from it on', () => {
    const goal: Goal = { ...GOAL, limit: { atLeast: 0.5 } };
    expect(verdictsOf([goal], resultsOf({ 'ours-2': [5], raw: [10] }))).toMatchObject([
      { holds: true, missedBy: 1 },
    ]);
    expect(verdictsOf([goal], resultsOf({ 'ours-2': [4], raw: [10] }))).toMatchObject([
      { holds: false, missedBy: 1.25 },
    ]);
  });

  it('against several is one against the highest of each round', () => {
    const goal: Goal = { ...GOAL, against: ['raw', 'ws', 'mini2'], limit: { atLeast: 1 } };
    const results = resultsOf({ 'ours-2': [20, 20], raw: [10, 40], ws: [20, 10], mini2: [] });
    expect(verdictsOf([goal], results)).toMatchObject([{ ratio: 0.75, holds: false }]);
  });

  it('without another side is a limit of the figure itself', () => {
    const { against: _none, ...goal } = GOAL;
    expect(verdictsOf([goal], resultsOf({ 'ours-2': [1, 2, 1] }))).toMatchObject([{ ratio: 1, holds: true }]);
  });

  it('of another row compares with that one', () => {
    const results = resultsOf({ 'ours-2': [30] });
    const other = results.add({ name: 'other', title: '', metrics: [], contestants: ['ours-2'] });
    other.cells[0]!.rounds.push({ p50: 10 });
    const goal: Goal = { ...GOAL, against: 'ours-2', againstRow: 'other' };
    expect(verdictsOf([goal], results)).toMatchObject([{ ratio: 3, holds: false, missedBy: 2 }]);
  });

  it('whose contestants were not in the run is left out', () => {
    expect(verdictsOf([GOAL], resultsOf({ 'ours-2': [1] }))).toEqual([]);
    expect(verdictsOf([{ ...GOAL, row: 'none' }], resultsOf({ 'ours-2': [1], raw: [1] }))).toEqual([]);
  });

  it('whose figures are missing is neither held nor far missed', () => {
    const verdicts = verdictsOf([GOAL], resultsOf({ 'ours-2': [NaN], raw: [1] }));
    expect(verdicts).toMatchObject([{ ratio: NaN, holds: false }]);
    expect(farMissed(verdicts)).toEqual([]);
  });
});

it('the check takes a goal that is missed by up to a factor of three', () => {
  const ratios = [4.5, 4.6].map((ratio) => verdictsOf([GOAL], resultsOf({ 'ours-2': [ratio], raw: [1] })));
  expect(ratios.map((verdicts) => farMissed(verdicts).length)).toEqual([0, 1]);
});

it.each([
  { scale: WHOLE, args: [] },
  { scale: QUICK, args: ['--quick'] },
])('the goals of $args name rows and metrics that there are', ({ scale, args }) => {
  const { rows } = BENCH.parse(args);
  const left = goals(scale).filter((goal) => {
    const row = rows.find(({ name }) => name === goal.row);
    return !row?.metrics.some(({ key }) => key === goal.metric);
  });
  // Of the busy neighbour and of @iot/admin, which are not part of the quick bench.
  expect(left.map(({ row }) => row)).toEqual(args.length === 0 ? [] : ['neighbour', 'neighbour', 'admin']);
});
