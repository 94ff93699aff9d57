/** What shows the fleet as a whole. */
import { listen } from '@iot/server';
import { describe, expect, it } from 'vitest';
import { attachAdmin } from '../src/index.js';
import { ask, codeOf } from './asking.js';
import { clientOf, local } from './fleet.js';

describe('GET /fleet', () => {
  it('has the numbers of all clients, and how long lines took to be acked', async () => {
    await using server = await listen(local);
    await using admin = await attachAdmin(server, { ...local, showLines: true });
    await using one = await clientOf(server, '1');
    await using _two = await clientOf(server, '2');
    await one.write('hello');
    await server.get('1').write('first');
    await server.get('2').write('second');
    const { body } = await ask(admin, '/fleet');
    expect(body).toMatchObject({
      showLines: true,
      clients: 2,
      up: 2,
      linesReceived: 1,
      linesSent: 2,
      linesRepeated: 0,
      unreadLines: 1,
    });
    const { boundsMs, counts } = (body as { roundTrips: { boundsMs: number[]; counts: number[] } })
      .roundTrips;
    expect(counts).toHaveLength(boundsMs.length + 1);
    expect(counts.reduce((sum, count) => sum + count)).toBe(2);
    expect((await ask(admin, '/clients/1')).body).toMatchObject({
      roundTripMs: expect.any(Number) as number,
    });
  });

  it('names the newest event, after which nothing is missed', async () => {
    await using server = await listen(local);
    await using admin = await attachAdmin(server, local);
    const idNow = async () => ((await ask(admin, '/fleet')).body as { lastEventId: string }).lastEventId;
    expect(await idNow()).toMatch(/^\w+-0$/);
    await using _one = await clientOf(server, '1');
    expect(await idNow()).toMatch(/^\w+-1$/);
  });
});

describe('GET /outages', () => {
  it('has those of all clients with their reasons, also of one that goes on', async () => {
    await using server = await listen(local);
    await using admin = await attachAdmin(server, local);
    await using _one = await clientOf(server, '1');
    const up = server.once('up');
    await server.disconnect('1', 'to see it');
    await up;
    const two = await clientOf(server, '2');
    const down = server.once('down');
    await two.close();
    await down;
    const { body } = await ask(admin, '/outages');
    expect(body).toMatchObject({
      total: 2,
      outages: [
        { id: '1', reason: 'closed', endedAt: expect.any(String) as string },
        { id: '2', reason: 'told', endedAt: null },
      ],
    });
    // The one that goes on is of now, too.
    const later = new Date(Date.now() + 1000).toISOString();
    expect((await ask(admin, `/outages?since=${later}`)).body).toMatchObject({
      total: 1,
      outages: [{ id: '2' }],
    });
    expect((await ask(admin, '/outages?limit=1')).body).toMatchObject({ total: 2, outages: [{ id: '2' }] });
  });

  it.each(['since=yesterday', 'since=2026', 'limit=10001', 'until=2026-01-01T00:00:00Z'])(
    'refuses %s',
    async (query) => {
      await using server = await listen(local);
      await using admin = await attachAdmin(server, local);
      expect(codeOf(await ask(admin, `/outages?${query}`))).toEqual([400, 'bad-query']);
    },
  );
});
