import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type * as program from '../page/outage.js';
import { startChromium } from './chromium.js';

let browser: Browser | undefined;

beforeAll(async () => {
  browser = await startChromium();
});

afterAll(() => browser?.close());

declare const page: typeof program;

it('in a page, two sessions lose no line and repeat none through an outage', async () => {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('../page/outage.ts', import.meta.url))],
    bundle: true,
    write: false,
    platform: 'browser',
    format: 'iife',
    globalName: 'page',
    conditions: ['@iot/source'],
  });
  const tab = await browser!.newPage();
  await tab.addScriptTag({ content: outputFiles[0]!.text });
  const report = await tab.evaluate(() => page.throughAnOutage());

  const numbered = (word: string) => Array.from({ length: 20 }, (_, n) => `${word} ${n}`);
  expect(report.atServer).toEqual(numbered('page'));
  expect(report.atClient).toEqual(numbered('hall'));
  expect(report).toMatchObject({ settled: 40, outages: 2, ofNode: [] });
  expect(report.retransmitted).toBeGreaterThan(0);
});
