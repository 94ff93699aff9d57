/**
 * `relay`: passes lines from one board to another, as given by routes such as `tx=rx`, until Ctrl-C.
 *
 * Each line is delivered once and in order, to the relay and from the relay to each target. The relay acks a
 * line to its source, and reads the next line, when every target has acked the line. So a slow or
 * disconnected target blocks its source: the source's `write` waits. If the relay dies, no line is lost. The
 * line that it was passing on comes again, from the source or from the store, and its targets may get it
 * twice.
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
    // The program reads no lines of a board without a route: they would never be acked.
    admit: 'expected',
  });
  sayTurnedAway(server);
  for (const [from, to] of routes) say(`from ${JSON.stringify(from)} to ${JSON.stringify(to)}`);
  say(`listening on ${portsOf(server)}; Ctrl-C ends`);

  await Promise.race([stopped(stop), ...[...routes].map(([from, to]) => relay(server, from, to))]);
});

/**
 * Runs one loop for all targets of a source. With two loops over one connection, each loop would get only
 * some of the lines.
 */
async function relay(server: Server, from: string, to: readonly string[]): Promise<void> {
  const source = await server.client(from);
  const targets = await Promise.all(to.map((id) => server.client(id))); // waits until all have connected
  for await (const message of source.messages()) {
    await Promise.all(targets.map((target) => target.write(message.text))); // waits for the acks
    message.done();
  }
}
