/**
 * Computes the effective settings of a configuration: the options for `listen`, and the settings with
 * defaults and without secrets, for `--print-config`.
 */
import { GATEWAY_DEFAULTS, serverOptions } from '@iot/mqtt-gateway/internal';
import type { ListenOptions } from '@iot/server';
import { listenSettings } from '@iot/server/internal';
import type { Config } from './config.js';
import { LIMIT_NAMES } from './limits.js';

export const ADMIN_DEFAULTS = { host: '127.0.0.1', port: 9123 };

/**
 * The options for `listen`, without the contents of the files named in the configuration.
 *
 * @throws UsageError `ERR_BAD_OPTION`
 */
export function listenOptionsOf(config: Config): ListenOptions {
  const { host, port, expected, admit, onDuplicate, proxyProtocol, store, mqtt } = config;
  const limits = Object.fromEntries(LIMIT_NAMES.map((name) => [name, config[name]]));
  const options = { ...limits, host, port, expected, admit, onDuplicate, proxyProtocol };
  if (mqtt !== undefined) return serverOptions(withoutUndefined(options), store !== undefined);
  // Without a store a line is acked after it is printed. With a store it is acked at once, and printed again
  // after a crash.
  return { ...options, ackWhen: store === undefined ? 'done' : 'received' };
}

/** @throws UsageError `ERR_BAD_OPTION` */
export function effective(config: Config): object {
  const {
    port = 8123,
    tls,
    expected,
    proxyProtocol,
    store,
    admin,
    mqtt,
    logLevel = 'info',
    json = false,
  } = config;
  const options = listenOptionsOf(config);
  // The port may be missing. `listen` allows that only with `tls`, and its files are not read here.
  const { host, admit, onDuplicate, ...settings } = listenSettings({
    ...options,
    port: port === false ? 0 : port,
  });
  const limits = Object.fromEntries(LIMIT_NAMES.map((name) => [name, settings[name]]));
  return withoutUndefined({
    host,
    port,
    tls: tls && { port: 8124, ...tls },
    expected,
    admit,
    onDuplicate,
    proxyProtocol,
    store,
    admin:
      admin === false
        ? false
        : { ...ADMIN_DEFAULTS, ...admin, ...(admin?.alerts && { alerts: shown(admin.alerts) }) },
    mqtt: mqtt && {
      ...GATEWAY_DEFAULTS,
      ...mqtt,
      ...(mqtt.broker && { broker: withoutPassword(mqtt.broker) }),
    },
    logLevel,
    json,
    ...limits,
  });
}

/** The keys whose values differ, such as `admin.port`. */
export function differences(before: object, after: object, prefix = ''): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].flatMap((name) => {
    const [one, other] = [before, after].map((it) => (it as Record<string, unknown>)[name]);
    if (isGroup(one) && isGroup(other)) return differences(one, other, `${prefix}${name}.`);
    return JSON.stringify(one) === JSON.stringify(other) ? [] : [prefix + name];
  });
}

function isGroup(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The URL of a webhook often contains a secret. */
function shown<A extends { readonly to: string }>(alerts: A): A {
  return { ...alerts, to: URL.canParse(alerts.to) ? `${new URL(alerts.to).origin}/***` : '***' };
}

function withoutPassword(url: string): string {
  const { protocol, username, password, host, pathname, search } = new URL(url);
  const who = username === '' && password === '' ? '' : '***@';
  return `${protocol}//${who}${host}${pathname}${search === '' ? '' : '?***'}`;
}

function withoutUndefined<T extends object>(values: T): T {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined && value !== Infinity),
  ) as T;
}
