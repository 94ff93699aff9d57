/** `npm test` runs a small one; `npm run soak` in this package an hour with 1,000 boards. */
import { STEADY_MS } from '@iot/app-kit/testing';
import { expect, it } from 'vitest';
import { runCampaign } from './campaign.js';

const soak = process.env['MODE'] === 'soak';
const size = soak
  ? { boards: 1000, lines: 720, every: '5s', cutEvery: '120s', cutFor: '3s', timeout: 1500 }
  : { boards: 20, lines: 80, every: '50ms', cutEvery: '2s', cutFor: '200ms', timeout: STEADY_MS };

it(
  'with everything on no line is lost, doubled or out of order while links are cut',
  async () => {
    const megabytes: number[] = [];
    const memory = { eachLines: 10_000, sample: (mb: number) => megabytes.push(Math.round(mb)) };
    const { fleet, ...result } = await runCampaign({ ...size, memory });
    const lines = size.boards * size.lines;
    if (soak) console.log(JSON.stringify({ ...result, fleet, megabytes }));
    expect(result).toEqual({ arrived: lines, lost: 0, doubled: 0, outOfOrder: 0 });
    expect(fleet).toMatchObject({ boards: size.boards, written: lines, acked: lines });
    expect(fleet.outages).toBeGreaterThan(0);
    if (!soak) return;
    // Flat: what it takes in the last third of the time is no more than it took in the second.
    const third = Math.floor(megabytes.length / 3);
    expect(Math.max(...megabytes.slice(2 * third))).toBeLessThan(
      1.15 * Math.max(...megabytes.slice(third, 2 * third)),
    );
  },
  soak ? 2 * 3_600_000 : undefined,
);
