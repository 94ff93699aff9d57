/** A link whose server's side is still connecting: held there by a name lookup that never answers. */
import { connect } from 'node:net';
import { expect, it } from 'vitest';
import { ProxyLink } from '../src/link.js';
import { newTally } from '../src/stats.js';
import { Bench, witness, type Pair } from './bench.js';

function connectingLink({ server }: Pair): { link: ProxyLink; log: string[] } {
  const log: string[] = [];
  const never = connect({ host: 'never.invalid', port: 1, lookup: () => undefined });
  // The far end of a pair serves as the client's connection that a proxy has accepted.
  const link = new ProxyLink(7, server.socket, never, {
    tally: newTally(),
    random: Math.random,
    dropped: () => log.push('dropped'),
    opened: () => log.push('opened'),
    stalled: () => log.push('stalled'),
    ended: (_, end) => log.push(end.type),
    gone: () => log.push('gone'),
  });
  return { link, log };
}

it.each(['fin', 'rst'] as const)('cut(%o) ends a link that is still connecting', async (kind) => {
  await using bench = await Bench.start();
  const pair = await bench.pair();
  const { link, log } = connectingLink(pair);
  expect(link.state).toBe('connecting');
  expect(link.cut(kind)).toBe(true);
  pair.client.socket.end();
  await pair.client.sees('close');
  expect(pair.client.saw).toEqual([kind === 'fin' ? 'end' : 'ECONNRESET', 'close']);
  await link.shutdown();
  expect(log).toEqual(['cut', 'gone']);
});

it('reads nothing before the server is connected, not even after a stall and a resume', async () => {
  await using bench = await Bench.start();
  const pair = await bench.pair();
  const other = await bench.pair();
  const { link, log } = connectingLink(pair);
  link.stall();
  link.resume();
  pair.client.socket.write('too early');
  await witness(other);
  expect(link).toMatchObject({ state: 'connecting', bytesToServer: 0 });
  await link.shutdown();
  expect(log).toEqual(['stalled', 'proxyClosed', 'gone']);
});

it('gives up connecting when the client is reset', async () => {
  await using bench = await Bench.start();
  const pair = await bench.pair();
  const { link } = connectingLink(pair);
  pair.client.socket.resetAndDestroy();
  expect(await link.ended).toEqual({ type: 'reset', by: 'client', code: 'ECONNRESET' });
});
