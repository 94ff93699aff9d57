import { numbered, take } from '@iot/vitest-config/lines';
import { describe, expect, it } from 'vitest';
import { Rig, turn, withoutBackoff } from './rig.js';

withoutBackoff();

describe('a flood of lines', () => {
  it('loses nothing to a slow reader, whose queue is soon full', async () => {
    await using rig = await Rig.start({ server: { maxUnreadLines: 64 }, direct: true });
    const lines = numbered('line', 3000);
    const written = Promise.all(lines.map((line) => rig.client.write(line, { wait: false })));
    const got = await take(rig.connection, lines.length, turn);
    await written;
    expect(got.sort()).toEqual([...lines].sort());
    expect(rig.connection.stats.received).toBe(lines.length);
    expect([rig.client.connects, rig.client.stats.outages]).toEqual([1, 0]);
  });

  it('loses nothing past the hard cap either: what is refused is repeated in version 1', async () => {
    await using rig = await Rig.start({
      server: { maxUnreadLines: 2, timeout: 100, protocol: 1 },
      client: { timeout: 100 },
      direct: true,
    });
    const lines = numbered('line', 60);
    const written = Promise.all(lines.map((line) => rig.client.write(line, { wait: false })));
    // The reader begins only when lines have been refused and repeated.
    while (rig.client.stats.retransmitted < 10) await turn();
    const got = await take(rig.connection, lines.length);
    await written;
    expect(got.sort()).toEqual([...lines].sort());
    expect(rig.connection.stats.received).toBe(lines.length);
    expect(rig.client.connects).toBe(1);
  });

  it('waits at the sender in version 2, where nothing is refused', async () => {
    await using rig = await Rig.start({ server: { maxUnreadLines: 2 }, direct: true });
    const lines = numbered('line', 60);
    const written = Promise.all(lines.map((line) => rig.client.write(line, { wait: false })));
    while (rig.connection.stats.received === 0) await turn();
    expect(rig.connection.stats.received).toBeLessThanOrEqual(2);
    expect(await take(rig.connection, lines.length)).toEqual(lines);
    await written;
    expect(rig.client.stats.retransmitted).toBe(0);
  });

  it('of long lines arrives whole, both ways at once', async () => {
    await using rig = await Rig.start({ direct: true });
    const long = numbered('long', 40).map((line) => line.padEnd(60_000, '.'));
    const written = [rig.client, rig.connection].flatMap((end) => long.map((line) => end.write(line)));
    expect(await Promise.all([take(rig.client, 40), take(rig.connection, 40)])).toEqual([long, long]);
    await Promise.all(written);
    expect(rig.client.connects).toBe(1);
  });
});
