/**
 * `npm test` runs a small one; `npm run soak` in this package the large one: 200 kills, 50,000 lines each way. `SEED` is
 * another seed.
 */
import { describe, expect, it } from 'vitest';
import { hasMosquitto } from '../brokers.js';
import { runCampaign } from './campaign.js';

const seed = Number(process.env['SEED'] ?? 1);
const [size, longestMs] =
  process.env['MODE'] === 'soak'
    ? [{ kills: 200, boards: 10, lines: 5000 }, 6 * 3_600_000]
    : [{ kills: 9, boards: 3, lines: 60 }, 120_000];

describe.runIf(hasMosquitto)('while the gateway, Mosquitto and boards are killed at random', () => {
  it.each([
    ['without a store no line is lost and none overtakes another', false],
    ['with a store too, and none comes twice to a board', true],
  ])(
    '%s',
    async (_, store) => {
      const result = await runCampaign({ seed, store, ...size });
      console.log(`seed ${seed}: ${JSON.stringify(result)}`);
      expect(result).toMatchObject({ up: { lost: 0, overtaken: 0 }, down: { lost: 0, overtaken: 0 } });
      if (store) expect(result.down.doubled).toBe(0);
    },
    longestMs,
  );
});
