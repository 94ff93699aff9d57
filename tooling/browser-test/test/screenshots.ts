/** Makes the screenshots of the documentation: `npm run screenshots`, which builds the page first. */
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { attachAdmin } from '@iot/admin';
import { listen } from '@iot/server';
import type { Browser } from 'playwright-core';
import { startChromium } from './chromium.js';
import { MadeUpFleet } from './made-up-fleet.js';

const FOLDER = fileURLToPath(new URL('../../../docs/images/', import.meta.url));
const SIZE = { width: 1440, height: 940 };
/** For how long the page has been open. */
const SHOWN_MS = 240_000;

/** What the page does every few seconds, it does when it is told to: four minutes of the fleet pass at once. */
const HOLD = `
  const everyMs = window.setInterval;
  window.held = new Map();
  window.setInterval = (act, ms) => (ms < 5000 ? everyMs(act, ms) : held.set(ms, act).size);
`;

await mkdir(FOLDER, { recursive: true });
await using server = await listen({ port: 0, host: '127.0.0.1' });
await using admin = await attachAdmin(server, { port: 0, showLines: true });
const browser = await startChromium();
try {
  for (const theme of ['light', 'dark'] as const) {
    const png = await taken(browser, theme);
    await writeFile(`${FOLDER}dashboard-${theme}.webp`, await webpOf(browser, png));
    // For those who want to look at what a viewer of theirs cannot read.
    if (process.argv[2] !== undefined) await writeFile(`${process.argv[2]}/dashboard-${theme}.png`, png);
  }
} finally {
  await browser.close();
}

async function taken(browser: Browser, colorScheme: 'light' | 'dark'): Promise<Buffer> {
  const context = await browser.newContext({ viewport: SIZE, colorScheme, locale: 'en-GB', bypassCSP: true });
  const page = await context.newPage();
  const end = Date.now();
  const fleet = new MadeUpFleet({ boards: 200, now: end - SHOWN_MS, end });
  await fleet.serve(page);
  await page.addInitScript(HOLD);
  await page.goto(`http://127.0.0.1:${admin.address.port}/`);
  await page.waitForFunction('held.size === 2');
  const read = async (everyMs: number, path: RegExp): Promise<void> => {
    const answered = page.waitForResponse(path);
    await page.evaluate(`held.get(${everyMs})()`);
    await (await answered).finished();
  };
  while (!fleet.isOver) await read(5000, /\/fleet$/);
  await read(30_000, /\/outages\?/);
  await page.locator('.row[role=option]').first().click();
  await page.getByRole('heading', { name: 'Numbers' }).waitFor();
  await page.locator('.lines').waitFor();
  const png = await page.screenshot();
  await context.close();
  return png;
}

/** A third of the size. */
async function webpOf(browser: Browser, png: Buffer): Promise<Buffer> {
  const page = await browser.newPage();
  const url = await page.evaluate(
    async (source) => {
      const image = new Image();
      image.src = source;
      await image.decode();
      const canvas = document.createElement('canvas');
      canvas.width = image.width;
      canvas.height = image.height;
      canvas.getContext('2d')!.drawImage(image, 0, 0);
      return canvas.toDataURL('image/webp', 0.92);
    },
    `data:image/png;base64,${png.toString('base64')}`,
  );
  await page.close();
  return Buffer.from(url.slice(url.indexOf(',') + 1), 'base64');
}
