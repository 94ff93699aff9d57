/**
 * `relay`: what one board sends goes to another, as `tx=rx` says, until Ctrl-C.
 *
 * A line is delivered once on each of its two ways, in order. A source is acked a line, and its next one is read, when
 * every target has acked it. So a target that is slow or away holds its source back, whose `write` waits. A relay that
 * dies loses nothing: the line that it held comes again from its source, or from the store, and its targets may get it twice.
 */
import { openServer, portsOf, run, say, sayTurnedAway, stopped } from '@iot/app-kit';
import type { Server } from '@iot/server';
import { levelStore } from '@iot/store-level';
import { RELAY } from './settings.js';

await run(RELAY, async ({ store: folder, routes, ...settings }, stop) => {
  await using store = folder === undefined ? undefined : await levelStore(folder);
  await using server = await openServer(settings, {
    store,
    ackWhen: 'done',
    expected: [...routes].flatMap(([from, to]) => [from, ...to]),
    admit: 'expected', // a board without a route would be acked, and its lines be lost
  });
  sayTurnedAway(server);
  for (const [from, to] of routes) say(`from ${JSON.stringify(from)} to ${JSON.stringify(to)}`);
  say(`listening on ${portsOf(server)}; Ctrl-C ends`);

  await Promise.race([stopped(stop), ...[...routes].map(([from, to]) => relay(server, from, to))]);
});

/** One loop for all targets of a source: of two loops over one connection each would get every other line. */
async function relay(server: Server, from: string, to: readonly string[]): Promise<void> {
  const source = await server.client(from);
  const targets = await Promise.all(to.map((id) => server.client(id))); // the source waits until all have come
  for await (const message of source.messages()) {
    await Promise.all(targets.map((target) => target.write(message.text))); // acked; in an outage this waits until it ends
    message.done();
  }
}
