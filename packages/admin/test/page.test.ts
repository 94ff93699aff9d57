/** The files of the dashboard, and how they are served. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { listen } from '@iot/server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildPage } from '../dashboard/build.js';
import { startAdmin } from '../src/attach.js';
import { LIMITS } from '../src/limits.js';
import { ask, begin, codeOf } from './asking.js';
import { local } from './fleet.js';

const folder = `${mkdtempSync(join(tmpdir(), 'page-'))}/`;
beforeAll(() => buildPage(folder));
afterAll(() => rmSync(folder, { recursive: true }));

const token = 'correct-horse-battery-staple';
const PATHS = ['/', '/dashboard.js', '/dashboard.css', '/dashboard.svg'];

describe('the dashboard', () => {
  it('is at /, and its files come without the token, since they hold no data', async () => {
    await using server = await listen(local);
    await using admin = await startAdmin(server, { ...local, token }, LIMITS, folder);
    let bytes = 0;
    for (const path of PATHS) {
      const response = await begin(admin, path);
      const content = await buffer(response);
      bytes += content.length;
      expect(response.statusCode).toBe(200);
      const file = path === '/' ? 'index.html' : path.slice(1);
      expect(gunzipSync(content)).toEqual(readFileSync(join(folder, file)));
    }
    // What a browser loads, as it comes.
    expect(bytes).toBeLessThan(60_000);
    expect((await ask(admin, '/fleet')).status).toBe(401);
  });

  it('may load from its own origin alone, and may not be put into a frame', async () => {
    await using server = await listen(local);
    await using admin = await startAdmin(server, local, LIMITS, folder);
    for (const path of PATHS) {
      const { headers } = await begin(admin, path);
      const rules = headers['content-security-policy'] as string;
      expect(rules).toMatch(/^default-src 'none';/);
      const sources = rules.split('; ').flatMap((rule) => rule.split(' ').slice(1));
      expect(new Set(sources)).toEqual(new Set(["'none'", "'self'"]));
      expect(headers['x-content-type-options']).toBe('nosniff');
    }
    expect(readFileSync(join(folder, 'index.html'), 'utf8')).not.toMatch(/<style|style=|<script>| on\w+=/);
  });

  it('is not served by a name that is not known', async () => {
    await using server = await listen(local);
    await using admin = await startAdmin(server, local, LIMITS, folder);
    for (const path of PATHS)
      expect((await begin(admin, path, { headers: { host: 'evil.test' } })).statusCode).toBe(403);
  });

  it('says what is missing when its files are not there', async () => {
    await using server = await listen(local);
    await using admin = await startAdmin(server, local, LIMITS, '/nowhere/');
    const response = await begin(admin, '/');
    const body = JSON.parse((await buffer(response)).toString()) as unknown;
    expect(codeOf({ status: response.statusCode!, body, headers: {} })).toEqual([503, 'no-page']);
  });

  it('has the licences of what is bundled into it', () => {
    expect(readdirSync(folder)).toContain('licences.txt');
    const text = readFileSync(join(folder, 'licences.txt'), 'utf8');
    for (const name of ['preact', 'uplot']) expect(text).toContain(`dashboard.js contains ${name}:`);
    expect(text.match(/MIT/g)!.length).toBeGreaterThanOrEqual(2);
  });
});
