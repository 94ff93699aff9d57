/**
 * Runs a server for boards with an admin interface until it is stopped. Lines of boards are printed or go to
 * a broker.
 */
import { once } from 'node:events';
import { attachAdmin, type Admin } from '@iot/admin';
import { configuredListenOptions, type ServerTls } from '@iot/app-kit';
import type { GatewayEvent } from '@iot/mqtt-gateway';
import { configuredGatewayOptions } from '@iot/mqtt-gateway/internal';
import { listen, type ListenOptions, type Server } from '@iot/server';
import { levelStore } from '@iot/store-level';
import type { Context } from '../context.js';
import { readToken } from '../token.js';
import type { Config } from './config.js';
import { ADMIN_DEFAULTS, listenOptionsOf } from './effective.js';
import { printLines } from './lines.js';
import type { Log } from './log.js';
import { reloadOnSighup } from './reload.js';
import { systemd } from './systemd.js';

/** The common interface of a server with a broker and one without. */
interface Service extends AsyncDisposable {
  readonly server: Server;
  /** Rejects when the service has failed. */
  readonly failure: Promise<unknown>;
}

/**
 * @param read returns the settings; called again to reload them
 * @throws Error when a resource cannot be opened, or a part of the service fails
 */
export async function serve(read: () => Config, log: Log, context: Context): Promise<void> {
  const config = read();
  const notify = systemd(log);
  // From here on SIGHUP does not end the process.
  using reloading = reloadOnSighup({ read, config, log, notify });
  const { options, tls } = await configuredListenOptions(config);
  await using store =
    config.store === undefined ? undefined : await levelStore(config.store, { logger: log });
  const all: ListenOptions = {
    ...listenOptionsOf(config),
    ...options,
    store,
    logger: log,
  };
  await using service = await (config.mqtt === undefined
    ? startPrinting(all, config, context)
    : startForwarding(all, config.mqtt, log));
  const { server } = service;
  await using admin = await startAdmin(server, config.admin);
  sayPlaces(server, tls, admin, log);
  reloading.begin(server, tls);
  await notify('READY');
  if (!context.stop.aborted) await Promise.race([once(context.stop, 'abort'), service.failure]);
  log.info({}, 'ending');
  await notify('STOPPING');
}

async function startPrinting(
  options: ListenOptions,
  { json = false }: Config,
  { write }: Context,
): Promise<Service> {
  const server = await listen(options);
  const failure = new Promise<never>((_, reject) => {
    printLines(server, { json, write, failed: reject });
  });
  failure.catch(() => undefined); // awaited once the service has started
  return { server, failure, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

async function startForwarding(
  server: ListenOptions,
  mqtt: NonNullable<Config['mqtt']>,
  log: Log,
): Promise<Service> {
  // Imported here, because a server without a broker does not need MQTT.js.
  const { describe, startGateway } = await import('@iot/mqtt-gateway');
  const gateway = await startGateway({
    ...(await configuredGatewayOptions(mqtt, 'mqtt.')),
    server,
    report: (event) => log.write(LEVELS[event.type], describe(event)),
  });
  return { server: gateway.server, failure: gateway.closed, [Symbol.asyncDispose]: () => gateway.close() };
}

const LEVELS = {
  broker: 'info',
  trouble: 'warn',
  'taken over': 'error',
  subscribed: 'debug',
  'not subscribed': 'error',
  'dead letter': 'error',
  expired: 'warn',
} as const satisfies Record<GatewayEvent['type'], keyof Log>;

async function startAdmin(server: Server, config: Config['admin'] = {}): Promise<Admin | undefined> {
  if (config === false) return undefined;
  const { tokenFile, ...options } = config;
  const token = tokenFile === undefined ? undefined : await readToken(tokenFile);
  return attachAdmin(server, { ...ADMIN_DEFAULTS, ...options, token });
}

function sayPlaces(
  { address, tlsAddress }: Server,
  tls: ServerTls | undefined,
  admin: Admin | undefined,
  log: Log,
): void {
  if (address !== tlsAddress) log.info({ port: address.port }, 'listening');
  if (tlsAddress !== undefined) log.info({ port: tlsAddress.port }, 'listening with TLS');
  if (admin === undefined) return;
  const { address: host, family, port } = admin.address;
  const url = `http://${family === 'IPv6' ? `[${host}]` : host}:${port}`;
  log.info({ url }, 'the admin interface is open');
}
