import { expect, it } from 'vitest';
import { ATTACKS } from '../src/crowd/attacks.js';
import { crowd } from '../src/crowd/crowd.js';
import { quietCensus } from './census.js';

const ATTEMPTS = 150;

it('a crowd of hostile clients costs the healthy ones beside it no line and no link, and leaves no state', async () => {
  const before = await quietCensus();
  const { attacks, lines, harm } = await crowd({
    seed: 1,
    healthy: 5,
    atATime: 15,
    goesOn: (begun) => begun < ATTEMPTS,
  });
  expect(harm).toEqual([]);
  expect(lines).toBeGreaterThan(100);
  expect(Object.keys(attacks).sort()).toEqual(Object.keys(ATTACKS).sort());
  expect(await quietCensus()).toEqual(before);
}, 60_000);
