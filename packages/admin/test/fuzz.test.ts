/** Whatever comes at the port of the admin interface, it is answered or refused, nothing fails inside, and no answer has the token. */
import { connect } from 'node:net';
import { fuzz } from '@iot/vitest-config/fuzz';
import { listen } from '@iot/server';
import { expect, it, onTestFinished } from 'vitest';
import { startAdmin } from '../src/attach.js';
import type { Admin } from '../src/index.js';
import { LIMITS } from '../src/limits.js';
import { ask } from './asking.js';
import { clientOf, local } from './fleet.js';

const TOKEN = 'swordfish-of-the-fleet';

/** Comes after each case; what is still missing of it by then is waited for no longer than `LIMITS.requestMs`. */
const LAST = '\r\n\r\nGET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n';

const WORDS = [
  '\r\n', '\r\n\r\n', 'GET', 'POST', 'DELETE', 'HEAD', 'PRI', 'CONNECT', '/', '//', '?', '&', '%', '%00', '%ff', '*',
  '/clients/1', '/lines', '/events', '/outages', '?lines=true', '?limit=1e9', '?offset=', '?since=2026-', '?client=',
  'host: localhost\r\n', 'host: \r\n', 'origin: null\r\n', 'expect: 100-continue\r\n', 'upgrade: h2c\r\n',
  'content-length: ', 'transfer-encoding: chunked\r\n', 'last-event-id: ', 'connection: upgrade\r\n', '{"line":', '"\\ud800"',
  '"a\\nb"', 'null', '[]', '\0', '\xff', `authorization: Bearer ${TOKEN}\r\n`,
]; // prettier-ignore

/** What a fleet and a stranger can be answered; 500 is a failure inside. */
const STATUSES = new Set([
  100, 200, 202, 204, 400, 401, 403, 404, 405, 408, 410, 413, 414, 415, 417, 429, 431, 503,
]);

it.each([undefined, TOKEN])('a request, where the token is %s', async (token) => {
  const warnings: unknown[] = [];
  const warn = (warning: unknown) => void warnings.push(warning);
  process.on('warning', warn);
  onTestFinished(() => void process.off('warning', warn));
  await using server = await listen(local);
  const limits = { ...LIMITS, requestMs: 50, ackMs: 50, longestAckMs: 50 };
  await using admin = await startAdmin(server, { ...local, token, showLines: true }, limits);
  await using _client = await clientOf(server, '1');
  const corpus = new URL('corpus/requests/', import.meta.url);
  await fuzz({ corpus, words: WORDS, cases: 80 }, async (bytes) => {
    const answer = await answered(admin, bytes);
    for (const [, status] of answer.matchAll(/^HTTP\/1\.1 (\d+)/gm))
      expect(STATUSES, answer).toContain(Number(status));
    expect(answer).not.toMatch(/node:|\.[jt]s:\d/);
    if (!bytes.includes(TOKEN)) expect(answer).not.toContain(TOKEN);
  });
  expect((await ask(admin, '/healthz')).status).toBe(200);
  expect(warnings).toEqual([]);
});

/** All that comes back until the socket is closed, or a stream of events has begun. */
function answered(admin: Admin, bytes: Buffer): Promise<string> {
  const { address, port } = admin.address;
  return new Promise((resolve) => {
    let text = '';
    const socket = connect({ host: address, port });
    socket.setEncoding('latin1').on('data', (more: string) => {
      text += more;
      if (/^content-type: text\/event-stream/im.test(text)) socket.destroy();
    });
    socket.on('error', () => undefined).on('close', () => resolve(text));
    socket.write(Buffer.concat([bytes, Buffer.from(LAST)]));
  });
}
