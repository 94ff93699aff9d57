import { listen, type Server } from '@iot/server';
import { describe, expect, it } from 'vitest';
import { attachAdmin } from '../src/index.js';
import { startAdmin } from '../src/attach.js';
import { LIMITS } from '../src/limits.js';
import { ask, codeOf } from './asking.js';
import { clientOf, local } from './fleet.js';

/** Ends the link of a client, and waits until that is known. */
async function cut(server: Server, id: string): Promise<void> {
  const down = server.once('down');
  await server.disconnect(id, 'test');
  await down;
}

describe('GET /clients', () => {
  it('lists the clients, up and down, with what is counted of them', async () => {
    await using server = await listen(local);
    await using admin = await attachAdmin(server, local);
    expect((await ask(admin, '/clients')).body).toEqual({ total: 0, clients: [] });
    await using attic = await clientOf(server, 'attic');
    await using cellar = await clientOf(server, 'cellar');
    await attic.write('hello');
    await cellar.close();
    if (server.get('cellar').status) await server.once('down');
    const { status, body } = await ask(admin, '/clients');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      total: 2,
      clients: [
        { id: 'attic', up: true, address: '127.0.0.1', protocol: 2, connects: 1, unreadLines: 1 },
        { id: 'cellar', up: false, address: '127.0.0.1', stats: { outages: 1, received: 0 } },
      ],
    });
  });

  it('lists those too that were there before, and a page of them when asked', async () => {
    await using server = await listen(local);
    await using _one = await clientOf(server, '1');
    await using _two = await clientOf(server, '2');
    await using admin = await attachAdmin(server, local);
    await using three = await clientOf(server, '3');
    const ids = async (query: string) => {
      const { body } = await ask(admin, `/clients${query}`);
      const { total, clients } = body as { total: number; clients: { id: string }[] };
      return [total, ...clients.map(({ id }) => id)];
    };
    expect(await ids('')).toEqual([3, '1', '2', '3']);
    expect(await ids('?offset=1&limit=1')).toEqual([3, '2']);
    expect(await ids('?offset=3')).toEqual([3]);
    expect(await ids('?limit=0')).toEqual([3]);
    await cut(server, '2');
    expect(await ids('?sort=outages&limit=1')).toEqual([3, '2']);
    expect(await ids('?sort=id')).toEqual([3, '1', '2', '3']);
    // 2 comes again at some time, and 3 does not.
    const down = server.once('down');
    await three.close();
    await down;
    expect(await ids('?sort=trouble')).toEqual([3, '3', '2', '1']);
    for (const query of ['?sort=age', '?limit=10001', '?limit=-1', '?offset=x', '?page=1'])
      expect(codeOf(await ask(admin, `/clients${query}`))).toEqual([400, 'bad-query']);
  });
});

describe('GET /clients/{id}', () => {
  it('has the outages of a client with their reasons, and when each ended', async () => {
    await using server = await listen(local);
    await using admin = await attachAdmin(server, local);
    await using client = await clientOf(server, 'a/b ü');
    const back = server.once('up');
    await cut(server, 'a/b ü');
    await back;
    await client.write('both ends know each other now');
    await client.close();
    if (server.get('a/b ü').status) await server.once('down');
    const { body } = await ask(admin, `/clients/${encodeURIComponent('a/b ü')}`);
    expect(body).toMatchObject({
      id: 'a/b ü',
      up: false,
      connects: 2,
      outages: [
        { reason: 'closed', endedAt: expect.any(String) as string },
        { reason: 'told', told: 'closed by the application', endedAt: null },
      ],
    });
  });

  it('keeps the last outages', async () => {
    await using server = await listen(local);
    await using admin = await startAdmin(server, local, { ...LIMITS, outages: 2 });
    await using client = await clientOf(server, '1');
    for (let cuts = 0; cuts < 3; cuts++) {
      const back = server.once('up');
      await cut(server, '1');
      await back;
    }
    await client.ready();
    const { body } = await ask(admin, '/clients/1');
    expect(body).toMatchObject({ stats: { outages: 3 }, outages: [{}, {}] });
    expect((body as { outages: unknown[] }).outages).toHaveLength(2);
  });

  it('has the time since which its outages are known: at first when it was seen, then the end of the last one dropped', async () => {
    await using server = await listen(local);
    await using admin = await startAdmin(server, local, { ...LIMITS, outages: 1 });
    const startedAt = Date.now();
    await using client = await clientOf(server, '1');
    const recordedSince = async () => {
      const { body } = await ask(admin, '/clients/1');
      return Date.parse((body as { recordedSince: string }).recordedSince);
    };
    const seenAt = await recordedSince();
    expect(seenAt).toBeGreaterThanOrEqual(startedAt);
    const ends: string[] = [];
    for (let cuts = 0; cuts < 2; cuts++) {
      expect(await recordedSince()).toBe(seenAt);
      const back = server.once('up');
      await cut(server, '1');
      await back;
      const { body } = await ask(admin, '/clients/1');
      ends.push((body as { outages: { endedAt: string }[] }).outages[0]!.endedAt);
    }
    expect(await recordedSince()).toBe(Date.parse(ends[0]!));
    await client.ready();
  });

  it('has the text of the last line with showLines alone', async () => {
    await using server = await listen(local);
    await using shy = await attachAdmin(server, local);
    await using open = await attachAdmin(server, { ...local, showLines: true });
    await using client = await clientOf(server, '1');
    await client.write('secret');
    await server.get('1').readline();
    expect((await ask(shy, '/clients/1')).body).not.toHaveProperty('lastLine');
    expect((await ask(open, '/clients/1')).body).toMatchObject({
      lastLine: { direction: 'received', text: 'secret' },
    });
    await server.get('1').write('answer');
    expect((await ask(open, '/clients')).body).toMatchObject({
      clients: [{ lastLine: { direction: 'sent', text: 'answer' } }],
    });
  });

  it('is 404 for a client that has not come', async () => {
    await using server = await listen(local);
    await using admin = await attachAdmin(server, local);
    expect(codeOf(await ask(admin, '/clients/1'))).toEqual([404, 'unknown-client']);
    expect(codeOf(await ask(admin, '/clients/%ff'))).toEqual([400, 'bad-id']);
  });
});

describe('POST /clients/{id}/lines', () => {
  it('writes a line, and answers once it is acked', async () => {
    await using server = await listen(local);
    await using admin = await attachAdmin(server, local);
    await using client = await clientOf(server, '1');
    const asked = { method: 'POST', body: { line: 'on ü' } };
    expect(await ask(admin, '/clients/1/lines', asked)).toMatchObject({ status: 200, body: { acked: true } });
    expect(await client.readline()).toBe('on ü');
  });

  it('answers 202 when it is not acked in time, and the line is delivered later', async () => {
    await using server = await listen(local);
    await using admin = await attachAdmin(server, local);
    const first = await clientOf(server, '1');
    const down = server.once('down');
    await first.close();
    await down;
    for (const waitMs of [0, 1]) {
      const asked = { method: 'POST', body: { line: `after ${waitMs}` } };
      expect(await ask(admin, `/clients/1/lines?waitMs=${waitMs}`, asked)).toMatchObject({
        status: 202,
        body: { acked: false },
      });
    }
    await using again = await clientOf(server, '1');
    expect([await again.readline(), await again.readline()]).toEqual(['after 0', 'after 1']);
  });

  it('answers 410 when the client is forgotten meanwhile', async () => {
    await using server = await listen(local);
    await using admin = await attachAdmin(server, local);
    const client = await clientOf(server, '1');
    const down = server.once('down');
    await client.close();
    await down;
    const written = server.once('line');
    const answer = ask(admin, '/clients/1/lines', { method: 'POST', body: { line: 'x' } });
    expect((await written)[2]).toBe('x');
    await server.forget('1');
    expect(codeOf(await answer)).toEqual([410, 'gone']);
  });

  it('answers 429 when as many lines as may be wait for their acks', async () => {
    await using server = await listen(local);
    await using admin = await startAdmin(server, local, { ...LIMITS, pendingWrites: 1 });
    const client = await clientOf(server, '1');
    const down = server.once('down');
    await client.close();
    await down;
    const asked = { method: 'POST', body: { line: 'x' } };
    expect((await ask(admin, '/clients/1/lines?waitMs=0', asked)).status).toBe(202);
    expect(codeOf(await ask(admin, '/clients/1/lines?waitMs=0', asked))).toEqual([429, 'too-many-pending']);
    expect(server.get('1').pendingWrites).toBe(1);
  });

  it.each<[string, unknown, number, string]>([
    ['two lines', { line: 'a\nb' }, 400, 'bad-line'],
    ['an empty line', { line: '' }, 400, 'bad-line'],
    ['a number', { line: 1 }, 400, 'bad-line'],
    ['no line', {}, 400, 'bad-line'],
    ['a list', ['on'], 400, 'bad-body'],
    ['null', 'null', 400, 'bad-body'],
    ['no JSON', '{', 400, 'bad-body'],
    ['no UTF-8', Uint8Array.of(0xff), 400, 'bad-body'],
    ['a byte too much', { line: 'x'.repeat(LIMITS.bodyBytes - 10) }, 413, 'too-long'],
    ['much too much', { line: 'x'.repeat(20 * LIMITS.bodyBytes) }, 413, 'too-long'],
  ])('refuses %s, and nothing is written', async (_, body, ...refusal) => {
    await using server = await listen(local);
    await using admin = await attachAdmin(server, local);
    await using _client = await clientOf(server, '1');
    expect(codeOf(await ask(admin, '/clients/1/lines', { method: 'POST', body }))).toEqual(refusal);
    expect(server.get('1').stats.sent).toBe(0);
  });

  it('refuses a form, as a web page could send it without asking, and a client that has not come', async () => {
    await using server = await listen(local);
    await using admin = await attachAdmin(server, local);
    const headers = { 'content-type': 'text/plain' };
    const form = { method: 'POST', headers, body: '{"line":"on"}' };
    expect(codeOf(await ask(admin, '/clients/1/lines', form))).toEqual([415, 'not-json']);
    const unknown = { method: 'POST', body: { line: 'on' } };
    expect(codeOf(await ask(admin, '/clients/1/lines', unknown))).toEqual([404, 'unknown-client']);
    expect(codeOf(await ask(admin, '/clients/1/lines?waitMs=60001', unknown))).toEqual([400, 'bad-query']);
  });
});

describe('DELETE /clients/{id}', () => {
  it('forgets a client', async () => {
    await using server = await listen(local);
    await using admin = await attachAdmin(server, local);
    const client = await clientOf(server, '1');
    await client.close();
    expect(await ask(admin, '/clients/1', { method: 'DELETE' })).toMatchObject({ status: 204 });
    expect(server.has('1')).toBe(false);
    expect((await ask(admin, '/clients')).body).toEqual({ total: 0, clients: [] });
    expect(codeOf(await ask(admin, '/clients/1', { method: 'DELETE' }))).toEqual([404, 'unknown-client']);
  });
});

describe('POST /clients/{id}/disconnect', () => {
  it('ends the link of a client, which may come again', async () => {
    await using server = await listen(local);
    await using admin = await attachAdmin(server, local);
    await using client = await clientOf(server, '1');
    const back = server.once('up');
    const asked = { method: 'POST' };
    expect((await ask(admin, '/clients/1/disconnect', asked)).body).toEqual({ disconnected: true });
    await back;
    const down = server.once('down');
    await client.close();
    await down;
    expect((await ask(admin, '/clients/1/disconnect', asked)).body).toEqual({ disconnected: false });
    expect(codeOf(await ask(admin, '/clients/2/disconnect', asked))).toEqual([404, 'unknown-client']);
  });
});
