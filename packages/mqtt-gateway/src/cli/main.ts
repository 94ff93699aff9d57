/**
 * The command `iot-mqtt`: runs a gateway until Ctrl-C. Exit code 0 after Ctrl-C, 1 after a failure, 2 after a usage error.
 * An error prints one line that says why.
 */
import {
  configuredListenOptions,
  portsOf,
  reloadOnSighup,
  runUntilStopped,
  say,
  sayOnce,
  sayTurnedAway,
  stopped,
} from '@iot/app-kit';
import { UsageError } from '@iot/server';
import { levelStore } from '@iot/store-level';
import { configuredGatewayOptions } from '../config/gateway.js';
import { describe, type GatewayEvent } from '../events.js';
import { startGateway } from '../gateway.js';
import { readSettings } from './settings.js';

await runUntilStopped(main, { exitCodeOf: (error) => (error instanceof UsageError ? 2 : 1) });

async function main(stop: AbortSignal): Promise<void> {
  const settings = readSettings(process.argv.slice(2));
  const { options, tls } = await configuredListenOptions(settings);
  const gatewayOptions = await configuredGatewayOptions(settings, '--');
  await using store = settings.store === undefined ? undefined : await levelStore(settings.store);
  const report = (event: GatewayEvent) => (event.type === 'trouble' ? sayOnce : say)(describe(event));
  await using gateway = await startGateway({ ...gatewayOptions, server: { ...options, store }, report });
  if (tls !== undefined) reloadOnSighup(gateway.server, tls);
  sayTurnedAway(gateway.server);
  say(`listening on ${portsOf(gateway.server)}; Ctrl-C ends`);
  await Promise.race([stopped(stop), gateway.closed]);
}
