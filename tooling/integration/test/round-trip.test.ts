import { numbered, take } from '@iot/vitest-config/lines';
import type { Connection } from '@iot/server';
import { startFaultProxy } from '@iot/fault-proxy';
import { expect, it } from 'vitest';
import { dial, Rig, serve, withoutBackoff } from './rig.js';

withoutBackoff();

it('lines pass both ways over a round trip that is longer than the timeout and shorter than two', async () => {
  await using rig = await Rig.start({ server: { timeout: 1000 }, client: { timeout: 1000 } });
  rig.proxy.delay({ ms: 700 });
  // The next link is slow from its first byte.
  const down = rig.client.once('state');
  rig.proxy.cut('rst');
  await down;
  await rig.client.ready();
  const lines = numbered('line', 3);
  const ends: [Connection, Connection][] = [
    [rig.client, rig.connection],
    [rig.connection, rig.client],
  ];
  const got = await Promise.all(
    ends.map(async ([from, to]) => {
      for (const line of lines) void from.write(line);
      return take(to, lines.length);
    }),
  );
  expect(got).toEqual([lines, lines]);
}, 30_000);

it('a round trip longer than two timeouts is reported at both ends, and which option to raise', async () => {
  const errors: string[] = [];
  const logger = {
    debug: () => undefined,
    info: () => undefined,
    warn: () => undefined,
    error: (_fields: object, message: string) => errors.push(message),
  };
  // The server's own limit comes later than the client's end of the link.
  await using server = await serve({ timeout: 150 });
  await using proxy = await startFaultProxy({ to: { host: '127.0.0.1', port: server.address.port } });
  proxy.delay({ ms: 1000 }, 'toClient');
  await using client = dial(proxy.port, { timeout: 100, badServer: () => Promise.resolve(), logger });
  const report = async (end: Connection) => {
    const [{ code, message }] = await end.once('peerError');
    return `${code}: ${message}`;
  };
  const reports = await Promise.all([report(client), server.client('board').then(report)]);
  for (const text of reports)
    expect(text).toMatch(/^ERR_ROUND_TRIP: .*raise the option timeout at both ends$/);
  expect(errors).toEqual([reports[0].replace('ERR_ROUND_TRIP: ', '')]);
}, 30_000);
