import type { AddressInfo } from 'node:net';
import type { Server as HttpServer } from 'node:http';
import { SharedTimers } from '@iot/connection/node';
import { LinkError } from '@iot/framing';
import type { Server } from '@iot/server';
import { Alerts } from './alerts/alerts.js';
import { Delivery } from './alerts/delivery.js';
import type { AlertSettings } from './alerts/options.js';
import { Fleet } from './fleet.js';
import { httpServer } from './http/server.js';
import { Streams } from './http/stream.js';
import { LIMITS, type Limits } from './limits.js';
import { Metrics } from './metrics/metrics.js';
import { adminSettings, type AdminOptions, type AdminSettings } from './options.js';
import { PAGE_FOLDER, pageRoutes } from './page.js';
import { routes, type Parts } from './routes.js';

/** The admin interface of a server. It records events from the call of `attachAdmin` on. */
export class Admin implements AsyncDisposable {
  /** The address it listens on. `port` is the actual port, even if the option was 0. */
  readonly address: AddressInfo;
  readonly #http: HttpServer;
  readonly #stop: () => void;
  #closing: Promise<void> | undefined;

  /** Internal: applications call `attachAdmin`. */
  constructor(http: HttpServer, stop: () => void) {
    this.address = http.address() as AddressInfo;
    this.#http = http;
    this.#stop = stop;
  }

  /**
   * Stops listening, and ends every request and stream. Does not close the server. Idempotent. Resolves once
   * the port is free.
   */
  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      this.#stop();
      this.#http.close(() => resolve());
      this.#http.closeAllConnections();
    });
    return this.#closing;
  }

  /** The same as `close`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/**
 * Starts an HTTP interface to a server that listens; resolves once it listens too. Close it before the server, or let
 * `await using` do so.
 *
 * @throws UsageError `ERR_BAD_OPTION`; also when `host` is not a loopback address and there is no `token`.
 * @throws LinkError `ERR_LISTEN` when it cannot listen on the port or address.
 */
export function attachAdmin(server: Server, options: AdminOptions = {}): Promise<Admin> {
  return startAdmin(server, options, LIMITS);
}

/** `attachAdmin` with other limits and another folder of the dashboard, for tests. */
export async function startAdmin(
  server: Server,
  options: AdminOptions,
  limits: Limits,
  page = PAGE_FOLDER,
): Promise<Admin> {
  const settings = adminSettings(options);
  const fleet = new Fleet(server, settings.showLines, limits);
  const parts: Parts = {
    fleet,
    streams: new Streams(fleet, limits),
    metrics: new Metrics(fleet, settings.labels, settings.store),
  };
  const alerting = settings.alerts && startAlerts(fleet, settings.alerts, parts.metrics, limits);
  const stop = () => {
    fleet.detach();
    parts.streams.close();
    parts.metrics.stop();
    alerting?.();
  };
  const http = httpServer([...pageRoutes(page), ...routes(parts, limits)], settings, limits);
  try {
    await open(http, settings);
  } catch (error) {
    stop();
    throw error;
  }
  return new Admin(http, stop);
}

/** The returned function ends the alerts. */
function startAlerts(fleet: Fleet, settings: AlertSettings, metrics: Metrics, limits: Limits): () => void {
  const clock = new SharedTimers();
  const delivery = new Delivery(settings.to, clock, limits, (result) => metrics.alert(result));
  const alerts = new Alerts(fleet, settings, clock, (alert) => delivery.send(alert));
  return () => {
    alerts.stop();
    delivery.close();
  };
}

async function open(http: HttpServer, { port, host }: AdminSettings): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    http.once('error', (error: NodeJS.ErrnoException) => {
      const message = `the admin interface cannot listen on port ${port} of ${host} (${error.code ?? error.message}): give it another port or host`;
      reject(new LinkError('ERR_LISTEN', message, { cause: error }));
    });
    http.listen({ port, host, exclusive: true }, resolve);
  });
  http.removeAllListeners('error');
}
