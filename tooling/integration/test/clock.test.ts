/** A clock of the machine that is set to another time, as by NTP after a start without a battery. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Rig } from './rig.js';

const DAY_MS = 86_400_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
});

afterEach(() => {
  vi.useRealTimers();
});

it('that jumps forward and back costs no link, no session and no line: times are measured by another clock', async () => {
  const options = { timeout: 20_000 };
  await using rig = await Rig.start({
    server: { ...options, forgetAfterMs: 60_000 },
    client: options,
    direct: true,
  });
  const { client, connection } = rig;
  for (const days of [1, 10_000, -20_000, 0.5, -0.5]) {
    vi.setSystemTime(Date.now() + days * DAY_MS);
    await client.write(`up ${days}`, { expiresInMs: 60_000 });
    expect(await connection.readline()).toBe(`up ${days}`);
    await connection.write(`down ${days}`);
    expect(await client.readline()).toBe(`down ${days}`);
  }
  for (const end of [client, connection]) {
    expect(end).toMatchObject({ status: true, connects: 1 });
    expect(end.stats).toMatchObject({ outages: 0, expired: 0, duplicatesDropped: 0 });
  }
  expect(rig.server.get('board')).toBe(connection);
});

it('is in nothing but the times that messages are marked with', async () => {
  const options = { timeout: 20_000 };
  await using rig = await Rig.start({ server: options, client: options, direct: true });
  const messages = rig.connection.messages()[Symbol.asyncIterator]();
  const at: number[] = [];
  for (const year of [2000, 2030, 2010]) {
    vi.setSystemTime(Date.UTC(year, 5));
    await rig.client.write(`in ${year}`);
    const { value } = await messages.next();
    at.push(value!.receivedAt.getUTCFullYear());
    value!.done();
  }
  expect(at).toEqual([2000, 2030, 2010]);
});
