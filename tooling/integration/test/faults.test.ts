import { numbered, take } from '@iot/vitest-config/lines';
import { describe, expect, it } from 'vitest';
import { Rig, withoutBackoff } from './rig.js';

withoutBackoff();

const LINES = 120;

/**
 * Lines both ways, those that wait and those that do not, while a fault strikes each time that one end has read this number of
 * lines more.
 */
async function exchangeUnder(rig: Rig, strike: () => void, every = 20): Promise<void> {
  const ordered = { up: numbered('up', LINES), down: numbered('down', LINES) };
  const free = { up: numbered('free up', LINES), down: numbered('free down', LINES) };
  const ends = [
    { write: rig.client, read: rig.connection, ordered: ordered.up, free: free.up },
    { write: rig.connection, read: rig.client, ordered: ordered.down, free: free.down },
  ];
  const written = ends.flatMap((end) => [
    ...end.ordered.map((line) => end.write.write(line)),
    ...end.free.map((line) => end.write.write(line, { wait: false })),
  ]);
  let faults = 0;
  const got = await Promise.all(
    ends.map((end) =>
      take(end.read, 2 * LINES, (count) => {
        if (count % every !== 0) return;
        faults += 1;
        strike();
      }),
    ),
  );
  await Promise.all(written);
  for (const [i, end] of ends.entries()) {
    const lines = got[i]!;
    expect(lines.filter((line) => !line.startsWith('free'))).toEqual(end.ordered);
    expect(lines.filter((line) => line.startsWith('free')).sort()).toEqual([...end.free].sort());
    // Nothing comes after them but what is written now.
    void end.write.write('the end');
    expect(await end.read.readline()).toBe('the end');
  }
  expect(faults).toBe((2 * 2 * LINES) / every);
}

/** In version 2 all lines would arrive with the first reads of a link: there a reader with little space is needed. */
const LIMITS = { 1: {}, 2: { maxUnreadLines: 8 } };

describe.each([1, 2] as const)(
  'in version %i lines both ways arrive exactly once, those that wait in order,',
  (protocol) => {
    const limits = { protocol, ...LIMITS[protocol] };
    const both = { server: limits, client: limits };

    it('over a link that is left alone', async () => {
      await using rig = await Rig.start({ ...both, direct: true });
      await exchangeUnder(rig, () => undefined);
      expect([rig.client.connects, rig.connection.connects]).toEqual([1, 1]);
      expect(rig.client.protocol).toBe(protocol);
    });

    it.each(['fin', 'rst'] as const)('over links that are cut (%s)', async (kind) => {
      await using rig = await Rig.start(both);
      await exchangeUnder(rig, () => rig.proxy.cut(kind));
      expect(rig.client.connects).toBeGreaterThan(5);
      // What was on its way is sent again; in version 2 only what has not come.
      const again = rig.client.stats.retransmitted + rig.connection.stats.retransmitted;
      if (protocol === 1) expect(again).toBeGreaterThan(0);
    });

    it.each(['toServer', 'toClient', 'both'] as const)(
      'over links that fall silent (%s)',
      async (direction) => {
        const silent = { ...limits, timeout: 100 };
        await using rig = await Rig.start({ server: silent, client: silent });
        // The link that is up now is dead from here on; the next one is not.
        await exchangeUnder(rig, () => rig.proxy.links.at(-1)?.stall(direction), 80);
        expect(rig.proxy.stats.stalls).toBeGreaterThan(2);
        expect(rig.client.connects).toBeGreaterThan(2);
      },
    );

    it('over a network that is away for a while, new links too', async () => {
      await using rig = await Rig.start(both);
      const down = rig.client.once('state');
      let struck = false;
      await exchangeUnder(rig, () => {
        if (struck) return;
        struck = true;
        rig.proxy.stall();
        void down.then(() => {
          rig.proxy.resume();
        });
      });
      expect(rig.client.connects).toBeGreaterThan(1);
    });
  },
);
