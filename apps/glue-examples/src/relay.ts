/**
 * `relay`: what one board sends goes to another, as `tx=rx` says, until Ctrl-C.
 *
 * A line is delivered once on each of its two ways, in order. The next is read only when every target has acked this
 * one, and only then acked, so a target that is slow or away holds its source back: one line is here, the rest stays in
 * the source, whose `write` waits. A relay that dies loses the one it holds.
 */
import { run, say, sayTurnedAway, stopped } from '@iot/app-kit';
import { listen, type Server } from '@iot/server';
import { RELAY } from './settings.js';

await run(RELAY, async ({ host, port, timeout, routes }, stop) => {
  await using server = await listen({
    host,
    port,
    timeout,
    ackWhen: 'read',
    expected: [...routes].flatMap(([from, to]) => [from, ...to]),
    admit: 'expected', // a board without a route would be acked, and its lines be lost
  });
  sayTurnedAway(server);
  for (const [from, to] of routes) say(`from ${JSON.stringify(from)} to ${JSON.stringify(to)}`);
  say(`listening on port ${server.address.port}; Ctrl-C ends`);

  await Promise.race([stopped(stop), ...[...routes].map(([from, to]) => relay(server, from, to))]);
});

/** One loop for all targets of a source: of two loops over one connection each would get every other line. */
async function relay(server: Server, from: string, to: readonly string[]): Promise<void> {
  const source = await server.client(from);
  const targets = await Promise.all(to.map((id) => server.client(id))); // the source waits until all have come
  for await (const line of source) {
    await Promise.all(targets.map((target) => target.write(line))); // acked; in an outage this waits until it ends
  }
}
