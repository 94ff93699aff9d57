/**
 * `mqtt-gateway`: passes lines between boards and an MQTT broker, until Ctrl-C. A line from board `1` is
 * published as `iot/1/up`. A message published as `iot/1/down` is written to that board. The broker and the
 * boards may be disconnected at the start or at any other time.
 */
import { listenOptions, portsOf, reloadOnSighup, run, say, sayTurnedAway, stopped } from '@iot/app-kit';
import { describe, startGateway, type GatewayEvent } from '@iot/mqtt-gateway';
import { levelStore } from '@iot/store-level';
import { GATEWAY } from './settings.js';

await run(GATEWAY, async ({ broker: url, clientId, store: folder, ...settings }, stop) => {
  await using store = folder === undefined ? undefined : await levelStore(folder);
  const { options, tls } = await listenOptions(settings);
  const report = (event: GatewayEvent): void => say(describe(event));
  await using gateway = await startGateway({
    server: { ...options, store },
    broker: { url, clientId },
    report,
  });
  if (tls !== undefined) reloadOnSighup(gateway.server, tls);
  sayTurnedAway(gateway.server);
  say(`listening on ${portsOf(gateway.server)}; Ctrl-C ends`);
  await Promise.race([stopped(stop), gateway.closed]);
});
