/** The dashboard of @iot/admin in a real browser, served by a real interface. Its package is built before. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { attachAdmin, type AdminOptions } from '@iot/admin';
import { connect, type ConnectOptions } from '@iot/client';
import { startFaultProxy } from '@iot/fault-proxy';
import { listen, type Server } from '@iot/server';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startChromium } from './chromium.js';
import { frameWork } from './frame-work.js';
import { MadeUpFleet } from './made-up-fleet.js';

const local = { port: 0, host: '127.0.0.1' };
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const token = 'correct-horse-battery-staple';
let browser: Browser;

beforeAll(async () => {
  browser = await startChromium();
});
afterAll(() => browser.close());

interface Opened extends AsyncDisposable {
  readonly page: Page;
  /** What went wrong in the page. */
  readonly errors: readonly string[];
}

interface Opening {
  readonly fleet?: MadeUpFleet;
  readonly path?: string;
  readonly options?: BrowserContextOptions;
}

async function open(
  { address }: { readonly address: { readonly port: number } },
  { fleet, path = '', options }: Opening = {},
): Promise<Opened> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) errors.push(message.text());
  });
  page.on('pageerror', ({ message }) => errors.push(message));
  await fleet?.serve(page);
  const response = await page.goto(`http://127.0.0.1:${address.port}/${path}`);
  expect(response!.headers()['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self'; /);
  return { page, errors, [Symbol.asyncDispose]: () => context.close() };
}

interface FleetOptions extends AdminOptions {
  /** Of the boards. */
  readonly backoff?: ConnectOptions['backoff'];
}

/** A server with an interface, and boards that are up. */
async function fleetOf(ids: readonly string[], { backoff, ...options }: FleetOptions = {}) {
  const server = await listen({ ...local, expected: ids });
  const admin = await attachAdmin(server, { ...local, ...options });
  const boards = ids.map((id) => connect({ id, host: '127.0.0.1', port: server.address.port, backoff }));
  await server.waitAll();
  return {
    server,
    admin,
    boards,
    async [Symbol.asyncDispose]() {
      for (const board of boards) await board.close();
      await admin.close();
      await server.close();
    },
  };
}

const rowOf = (page: Page, id: string) => page.locator('.row[role=option]', { hasText: id });

interface Found {
  readonly violations: readonly {
    readonly id: string;
    readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
  }[];
}

/** What axe finds, in a few words. */
async function violations(page: Page): Promise<string[]> {
  const found = await page.evaluate<Found>(`${axe}; axe.run()`);
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes[0]!.html} ${nodes[0]!.failureSummary}`);
}

describe('the dashboard', () => {
  it('shows a cut of the fault proxy, and why, in the list, the events and the board itself', async () => {
    await using server = await listen({ ...local, expected: ['cellar', 'attic'] });
    await using admin = await attachAdmin(server, local);
    await using proxy = await startFaultProxy({ to: { host: '127.0.0.1', port: server.address.port } });
    const backoff = { minMs: 5, maxMs: 10 };
    await using _cellar = connect({ id: 'cellar', host: proxy.host, port: proxy.port, backoff });
    await using _attic = connect({ id: 'attic', host: '127.0.0.1', port: server.address.port });
    await server.waitAll();
    await using opened = await open(admin);
    const { page, errors } = opened;
    await rowOf(page, 'cellar').locator('.state-up').first().waitFor();
    // Watch before the cut: an observer that begins later would see the next change only.
    const seen = await page.evaluateHandle(() => {
      const time = new Promise<number>((resolve) => {
        const look = (): void => {
          if (document.querySelector('.row .state.state-down') !== null) resolve(Date.now());
        };
        new MutationObserver(look).observe(document.body, {
          subtree: true,
          childList: true,
          attributes: true,
        });
      });
      return { time };
    });
    proxy.refuse(true);
    const cutAt = Date.now();
    proxy.cut('rst');
    const seenAt = await seen.evaluate(({ time }) => time);
    console.log(`a cut was in the page after ${seenAt - cutAt} ms`);
    const first = await page.locator('.row[role=option]').first().innerText();
    expect(first).toMatch(/^cellar\s[^]*\sdown\s[^]*\sreset\s/);
    expect(await page.locator('.news li').first().innerText()).toMatch(/^down\s+cellar\s+reset/);
    await rowOf(page, 'cellar').click();
    await page.getByText('1 outage: 1 × reset.').waitFor();
    proxy.refuse(false);
    await rowOf(page, 'cellar').locator('.state-up').first().waitFor();
    expect(errors).toEqual([]);
  });

  it('connects again by itself, and misses nothing of what happened meanwhile', async () => {
    await using fleet = await fleetOf(['cellar', 'attic']);
    await using proxy = await startFaultProxy({ to: { host: '127.0.0.1', port: fleet.admin.address.port } });
    await using opened = await open({ address: { port: proxy.port } });
    const { page } = opened;
    await page.getByText('Live', { exact: true }).waitFor();
    proxy.refuse(true);
    proxy.cut('rst');
    await page.getByText('Not connected, trying again').waitFor();
    const up = fleet.server.once('up');
    await fleet.server.disconnect('cellar', 'while the page is hidden');
    await up;
    proxy.refuse(false);
    await page.getByText('Live', { exact: true }).waitFor();
    await page.locator('.news li', { hasText: 'closed' }).waitFor();
    expect(await rowOf(page, 'cellar').locator('.outages').innerText()).toBe('1');
    const news = page.locator('.news li');
    const latest = async () =>
      (await news.allInnerTexts()).slice(0, 2).map((it) => it.replaceAll(/\s+/g, ' '));
    const both = [/^up cellar after \d+ ms/, /^down cellar closed /];
    for (const [at, text] of (await latest()).entries()) expect(text).toMatch(both[at]!);
    await page.reload();
    await news.first().waitFor();
    expect(await news.count()).toBe(2);
    for (const [at, text] of (await latest()).entries()) expect(text).toMatch(both[at]!);
  });

  it('asks for the token, says when it is wrong, and keeps it for the tab', async () => {
    await using fleet = await fleetOf(['cellar'], { token });
    await using opened = await open(fleet.admin);
    const { page } = opened;
    const field = page.getByLabel('Token', { exact: true });
    await field.fill('wrong-horse-battery-staple');
    await page.getByRole('button', { name: 'Open' }).click();
    await page.getByText('The token was refused.').waitFor();
    await field.fill(token);
    await page.getByRole('button', { name: 'Open' }).click();
    await rowOf(page, 'cellar').waitFor();
    await page.reload();
    await rowOf(page, 'cellar').waitFor();
    expect(await page.evaluate(() => [document.cookie, localStorage.getItem('iot-admin-token')])).toEqual([
      '',
      null,
    ]);
  });

  it('sends a line, and shows the lines of a board as they come, with showLines alone', async () => {
    await using fleet = await fleetOf(['cellar'], { showLines: true });
    await using shy = await attachAdmin(fleet.server, local);
    await using opened = await open(fleet.admin, { path: '#cellar' });
    const { page, errors } = opened;
    const [board] = fleet.boards;
    await page.getByText('Those that come now are shown here.').waitFor();
    await page.getByLabel('Line', { exact: true }).fill('fan on');
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByText('Acked: fan on').waitFor();
    expect(await board!.readline()).toBe('fan on');
    await page.locator('.lines .sent', { hasText: 'fan on' }).waitFor();
    await board!.write('it is on');
    await fleet.server.get('cellar').readline();
    await page.locator('.lines .received', { hasText: 'it is on' }).waitFor();
    const height = () => page.evaluate(() => document.scrollingElement!.scrollHeight);
    const before = await height();
    for (let line = 0; line < 60; line++) await fleet.server.get('cellar').write(`line ${line}`);
    await page.locator('.lines .sent', { hasText: 'line 59' }).waitFor();
    expect(await height()).toBe(before);
    expect(errors).toEqual([]);
    await using other = await open(shy, { path: '#cellar' });
    await other.page.getByText('They are not shown.').waitFor();
    expect(other.errors).toEqual([]);
  });

  it('can be used with the keyboard alone', async () => {
    await using server = await listen(local);
    await using admin = await attachAdmin(server, local);
    const fleet = new MadeUpFleet({ boards: 200, now: Date.now(), end: Date.now() });
    await using opened = await open(admin, { fleet });
    const { page } = opened;
    const selected = page.locator('.row[aria-selected=true]');
    await page.getByRole('listbox').focus();
    await page.keyboard.press('ArrowDown');
    expect(await selected.getAttribute('aria-posinset')).toBe('1');
    await page.keyboard.press('End');
    await page.locator('.row[aria-selected=true][aria-posinset="200"]').waitFor();
    await page.keyboard.press('Home');
    await page.keyboard.press('PageDown');
    const id = (await selected.locator('.id').innerText()).split('\n')[0]!;
    await page.getByRole('heading', { name: id }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('heading', { name: 'Latest events' }).waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('WEIR-1');
    await page.getByRole('status').getByText('10 boards').waitFor();
    await page.keyboard.press('Enter');
    await selected.filter({ hasText: 'weir-1' }).waitFor();
    expect(await selected.getAttribute('aria-posinset')).toBe('1');
    await page.keyboard.press('ArrowDown');
    expect(await selected.getAttribute('aria-posinset')).toBe('2');
  });

  it('moves into the list with ArrowDown from the page, the search, and the board of an event', async () => {
    await using server = await listen(local);
    await using admin = await attachAdmin(server, local);
    const fleet = new MadeUpFleet({ boards: 200, now: Date.now(), end: Date.now() });
    await using opened = await open(admin, { fleet });
    const { page } = opened;
    const place = () => page.locator('.row[aria-selected=true]').getAttribute('aria-posinset');
    await page.getByRole('listbox').waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    expect(await place()).toBe('2');
    await page.keyboard.press('Escape');
    await page.keyboard.press('/');
    await page.keyboard.press('ArrowDown');
    expect(await place()).toBe('1');
    await page.getByRole('button', { name: 'Close' }).click();
    await page.locator('.news .link').first().click();
    await page.getByRole('heading', { name: 'Numbers' }).waitFor();
    const focused = () => page.evaluate(() => document.activeElement!.getAttribute('role'));
    expect(await focused()).toBe('listbox');
    await page.keyboard.press('Home');
    expect(await place()).toBe('1');
  });

  it('shows a board that flaps unlike one that is down, and names both alike in the tiles and the chart', async () => {
    await using server = await listen(local);
    await using admin = await attachAdmin(server, local);
    const fleet = new MadeUpFleet({ boards: 200, now: Date.now(), end: Date.now() });
    await using opened = await open(admin, { fleet });
    const { page } = opened;
    const stripsOf = async (state: string): Promise<string[]> => {
      const strips = page
        .locator('.row[role=option]', { has: page.locator(`.state-${state}`) })
        .locator('.strip path');
      await strips.first().waitFor({ state: 'attached' });
      return strips.evaluateAll((paths) => paths.map((path) => path.getAttribute('d')!));
    };
    // A board that has been down for a while has full height up to now; a board that flaps has a full step nowhere.
    const down = await stripsOf('down');
    expect(down.filter((path) => /V0h1V0h1V100z$/.test(path))).not.toEqual([]);
    const [flapping = ''] = await stripsOf('flapping');
    expect(flapping).not.toContain('V0h1');
    expect(flapping.match(/V(?!100)\d+h1/g)!.length).toBeGreaterThan(10);
    expect(await page.locator('.chart').first().innerText()).toContain('down, flapping or not');
    await page
      .getByRole('button', { name: 'Down' })
      .and(page.getByTitle('Down now, and not flapping'))
      .waitFor();
  });

  it('shows the time before the record began as not recorded, and no axis without values', async () => {
    await using fleet = await fleetOf(['cellar']);
    await using opened = await open(fleet.admin);
    const { page } = opened;
    const strip = rowOf(page, 'cellar').locator('.strip');
    const green = await strip.evaluate((it) => parseFloat(getComputedStyle(it).backgroundSize));
    expect(green).toBeGreaterThan(0);
    expect(green).toBeLessThan(10);
    await page.getByRole('img', { name: /^0 outages in \d+ s, 0 boards down now$/ }).waitFor();
    await page.getByText('No line to a board was acked since this page was opened.').waitFor();
    await rowOf(page, 'cellar').click();
    await page.getByText(/^No outage in \d+ s\.$/).waitFor();
  });

  it('shows no time of a board that has not been up since the record began', async () => {
    await using fleet = await fleetOf(['cellar', 'attic']);
    const down = fleet.server.once('down');
    await fleet.boards[0]!.close();
    await down;
    await using later = await attachAdmin(fleet.server, local);
    await using opened = await open(later);
    const { page } = opened;
    const green = (id: string) =>
      rowOf(page, id)
        .locator('.strip')
        .evaluate((it) => parseFloat(getComputedStyle(it).backgroundSize));
    await page.getByRole('listbox').waitFor();
    expect(await green('cellar')).toBe(0);
    expect(await green('attic')).toBeGreaterThan(0);
    await rowOf(page, 'cellar').click();
    await page.getByText('It has not been up since the record of its outages began.').waitFor();
  });

  it('explains its words, also to those who cannot hover', async () => {
    await using server = await listen(local);
    await using admin = await attachAdmin(server, local);
    const fleet = new MadeUpFleet({ boards: 200, now: Date.now(), end: Date.now() });
    await using opened = await open(admin, { fleet, options: { viewport: { width: 400, height: 800 } } });
    const { page } = opened;
    const flapping = '3 or more outages within 15 minutes';
    await page.getByRole('button', { name: 'Flapping' }).and(page.getByTitle(flapping)).waitFor();
    const row = page.locator('.row[role=option]').first();
    expect(await row.locator('.id').innerText()).toMatch(/\n(silence|reset)$/);
    await row.click();
    await page.getByText(`flapping (${flapping})`).waitFor();
    await page.getByText('Round trip: the time from the write of a line to its ack').waitFor();
    expect(await page.locator('dl').innerText()).toMatch(/Protocol version\s+2/);
    expect(await page.locator('.how').innerText()).not.toContain('protocol');
  });

  it('cuts off no time at the right edge of a chart', async () => {
    await using server = await listen(local);
    await using admin = await attachAdmin(server, local);
    // The last minute is a full hour, so that a label is at the edge.
    const now = Math.floor(Date.now() / 3_600_000) * 3_600_000 + 1000;
    const fleet = new MadeUpFleet({ boards: 200, now, end: now });
    await using opened = await open(admin, { fleet, options: { locale: 'en-US' } });
    const { page } = opened;
    await page.locator('.chart canvas').first().waitFor();
    const ink = (left: number, wide: number): Promise<number> =>
      page.evaluate(
        ([from, columns]) => {
          const canvas = document.querySelector<HTMLCanvasElement>('.chart canvas')!;
          const { width, height } = canvas;
          const labels = canvas.getContext('2d')!.getImageData(width - from, height - 18, columns, 18);
          return labels.data.filter((value) => value > 0).length;
        },
        [left, wide] as const,
      );
    await expect.poll(() => ink(50, 48)).toBeGreaterThan(0);
    expect(await ink(2, 2)).toBe(0);
  });

  it.each(['light', 'dark'] as const)(
    'has nothing that axe finds, in %s colours, wide and narrow',
    async (colorScheme) => {
      await using server = await listen(local);
      await using admin = await attachAdmin(server, { ...local, showLines: true });
      const fleet = new MadeUpFleet({ boards: 200, now: Date.now(), end: Date.now() });
      for (const viewport of [
        { width: 1440, height: 900 },
        { width: 380, height: 800 },
      ]) {
        await using opened = await open(admin, {
          fleet,
          options: { colorScheme, viewport, bypassCSP: true },
        });
        const { page, errors } = opened;
        await page.getByRole('listbox').waitFor();
        expect(await violations(page)).toEqual([]);
        await page.locator('.row[role=option]').first().click();
        await page.getByRole('heading', { name: 'Numbers' }).waitFor();
        await page.locator('.lines').waitFor();
        expect(await violations(page)).toEqual([]);
        expect(errors).toEqual([]);
      }
    },
  );

  it('takes the colours of the system until others are chosen, which are kept', async () => {
    await using fleet = await fleetOf([]);
    await using opened = await open(fleet.admin, { options: { colorScheme: 'dark' } });
    const { page } = opened;
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const dark = await ground();
    const button = page.getByRole('button', { name: 'Colours: auto. Change to light.' });
    await button.click();
    await page.getByRole('button', { name: 'Colours: light. Change to dark.' }).waitFor();
    expect(await ground()).not.toBe(dark);
    await page.reload();
    await page.getByRole('button', { name: 'Colours: light. Change to dark.' }).click();
    await page.getByRole('button', { name: 'Colours: dark. Change to auto.' }).waitFor();
    expect(await ground()).toBe(dark);
  });

  it('draws only the rows in view of 5,000 boards, through a long scroll while boards come and go', async () => {
    const fleet = new MadeUpFleet({ boards: 5000, now: Date.now(), end: Date.now() });
    const ids = fleet.boards.slice(0, 20).map(({ id }) => id);
    await using changing = await fleetOf(ids, { backoff: { minMs: 5, maxMs: 10 } });
    await using opened = await open(changing.admin, { fleet });
    const { page, errors } = opened;
    await page.getByText('5,000 boards').waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
    const stop = endOneAfterTheOther(changing.server, ids);
    const [{ frames, most, made, last }, work] = await frameWork(page, () => page.evaluate(scrollThrough));
    stop();
    console.log(`5,000 boards: ${frames.length} frames of ${spread(frames)}; work for one: ${spread(work)}`);
    expect(work.every((ms) => ms > 0)).toBe(true);
    expect(work.length).toBe(frames.length - 1);
    expect(most).toBeLessThan(60);
    // A row that has left the view is used again.
    expect(made).toBeLessThan(60);
    expect(last).toBe('5000');
    expect(errors).toEqual([]);
  });
});

/** Ends the link of one board, and of the next one when that is up again, until it is told to stop. */
function endOneAfterTheOther(server: Server, ids: readonly string[]): () => void {
  let next = 0;
  const end = (): void => {
    next = (next + 1) % ids.length;
    void server.disconnect(ids[next]!, 'a test');
  };
  end();
  return server.on('up', end);
}

function spread(values: readonly number[]): string {
  const sorted = [...values].sort((one, other) => one - other);
  const at = (part: number) => sorted[Math.floor(part * (sorted.length - 1))]!.toFixed(1);
  return `median ${at(0.5)} ms, 95 % ${at(0.95)} ms, longest ${at(1)} ms`;
}

/** In the page: from the first row to the last one, 2 rows a frame first and then in longer steps. */
async function scrollThrough() {
  const list = document.querySelector('.rows')!;
  const end = list.scrollHeight - list.clientHeight;
  const rows = list.getElementsByClassName('row');
  const seen = new Set<Element>();
  const frames: number[] = [];
  let most = 0;
  let before = await new Promise<number>(requestAnimationFrame);
  for (let step = 88, top = 0; top < end; step *= 1.02) {
    top += step;
    list.scrollTop = top;
    const now = await new Promise<number>(requestAnimationFrame);
    performance.mark('frame');
    frames.push(now - before);
    before = now;
    most = Math.max(most, rows.length);
    for (const row of rows) seen.add(row);
  }
  await new Promise<number>(requestAnimationFrame);
  await new Promise<number>(requestAnimationFrame);
  return { frames, most, made: seen.size, last: [...rows].at(-1)!.getAttribute('aria-posinset') };
}
