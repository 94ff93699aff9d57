import { expect, it } from 'vitest';
import { Brake } from '../src/cli/brake.js';
import { ROUND_KINDS, roundScript } from '../src/cli/rounds.js';
import { checkScript } from '../src/index.js';

it.each(ROUND_KINDS)(
  'a round of %s is a script that begins well and ends healed at its whole time',
  (kind) => {
    const script = checkScript(roundScript({ every: 30_000, for: 2000, kind }));
    expect(script[0]).toMatchObject({ at: 28_000 });
    expect(script.at(-1)).toEqual({ at: 30_000, do: 'heal' });
  },
);

it('loses lines all the time that a loss lasts, however long that is', () => {
  const script = (every: number, lasts: number) => roundScript({ every, for: lasts, kind: 'loss' });
  expect(script(2000, 1000).map(({ at }) => at)).toEqual([1000, 1200, 1400, 1600, 1800, 2000]);
  expect(script(7_200_000, 3_600_000)).toHaveLength(1001);
});

it('prints the first lines of a second, and counts the others', () => {
  const said: string[] = [];
  const brake = new Brake((text) => said.push(text));
  for (let line = 1; line <= 25; line++) brake.say(`line ${line}`);
  brake.release();
  expect(said.slice(-2)).toEqual(['line 20', 'and 5 more of these']);
  brake.say('line 26');
  brake.release();
  expect(said.at(-1)).toBe('line 26');
});
