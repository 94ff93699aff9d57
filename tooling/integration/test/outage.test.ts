import { temporaryFolder } from '@iot/vitest-config/folder';
import { expect, it } from 'vitest';
import { outage } from '../src/outage/outage.js';

it('delivers all that a sensor has stored in an outage, once and in order, through kills of its process', async () => {
  const said: string[] = [];
  const print = (line: string) => said.push(line);
  const figures = await outage({ folder: temporaryFolder(), lines: 6000, kills: 4, print });
  expect(figures, said.join('\n')).toMatchObject({ lost: 0, doubled: 0, outOfOrder: 0, kills: 4 });
  expect(figures.delivered).toBeGreaterThanOrEqual(6000);
}, 120_000);
