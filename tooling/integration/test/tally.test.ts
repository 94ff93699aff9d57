import { expect, it } from 'vitest';
import { Tally } from '../src/tally.js';

function tallied(lines: readonly string[], options = {}): Tally {
  const tally = new Tally('up', options);
  for (const line of lines) tally.delivered(line);
  return tally;
}

it('lines that come once and in order are right', () => {
  expect(tallied(['up 0', 'up 1', 'up 2']).isRight(3)).toBe(true);
});

it.each([
  ['the last is missing', ['up 0'], '0 lost or late, 0 doubled, 0 changed'],
  ['one is missing', ['up 0', 'up 2'], '1 lost or late, 0 doubled, 0 changed'],
  ['one is doubled', ['up 0', 'up 1', 'up 1'], '0 lost or late, 1 doubled, 0 changed'],
  ['the first is doubled', ['up 0', 'up 0', 'up 1'], '0 lost or late, 1 doubled, 0 changed'],
  ['two are glued together', ['up 0', 'up 1', 'up 101up 2'], '0 lost or late, 0 doubled, 1 changed'],
])('lines are not right when %s', (_what, lines, counts) => {
  const tally = tallied(lines);
  expect(tally.isRight(2)).toBe(false);
  expect(tally.toString()).toContain(counts);
});

it('the first line may come again from an original', () => {
  const tally = tallied(['up 0', 'up 0', 'up 1'], { firstMayComeAgain: true });
  expect(tally.isRight(2)).toBe(true);
  expect(tally.toString()).toContain('the first again 1 times');
});
