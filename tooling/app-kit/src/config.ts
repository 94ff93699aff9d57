/** The settings of a server from a configuration file and from options. An option overrides the file. */
import { UsageError, type ListenOptions } from '@iot/server';
import type { Command } from 'commander';
import { listenOptions } from './server.js';
import type { ServerTls } from './tls.js';

export interface ListenConfig {
  readonly host?: string;
  /** False: listen only with TLS. Default 8123. */
  readonly port?: number | false;
  /** Default 1500. */
  readonly timeout?: number;
  readonly tls?: {
    readonly port?: number;
    readonly maxHandshakes?: number;
    readonly pskFile?: string;
    readonly key?: string;
    readonly cert?: string;
    readonly ca?: string;
  };
}

/** The keys in the configuration for the options of `addServerTls`. */
export const TLS_PLACES: Readonly<Record<string, string>> = {
  plain: 'port',
  tlsPort: 'tls.port',
  pskFile: 'tls.pskFile',
  tlsKey: 'tls.key',
  tlsCert: 'tls.cert',
  tlsCa: 'tls.ca',
};

/**
 * Merges the options of a parsed command into the configuration from its file. Defaults of options do not
 * override the file.
 *
 * @param own options whose key in the file has the same name
 * @param places the keys of the other options; `tls.port` is the key `port` in `tls`
 */
export function overConfig<C extends ListenConfig>(
  command: Command,
  config: C,
  own: readonly string[],
  places: Readonly<Record<string, string>>,
): C {
  const settings: Record<string, unknown> = { ...(config as object) };
  for (const name of [...own, ...Object.keys(places)]) {
    if (['default', undefined].includes(command.getOptionValueSource(name))) continue;
    const [group, key] = (places[name] ?? name).split('.') as [string, string?];
    const value: unknown = command.getOptionValue(name);
    settings[group] = key === undefined ? value : { ...(settings[group] || {}), [key]: value };
  }
  return settings as C;
}

/**
 * The options for `listen` from a configuration. Pass `tls` to `reloadOnSighup` once the server listens.
 *
 * @throws UsageError `ERR_BAD_OPTION`, also for a TLS file that cannot be read
 */
export async function configuredListenOptions({
  host,
  port = 8123,
  timeout = 1500,
  tls: config = {},
}: ListenConfig): Promise<{ readonly options: ListenOptions; readonly tls: ServerTls | undefined }> {
  const { port: tlsPort, maxHandshakes, pskFile, key: tlsKey, cert: tlsCert, ca: tlsCa } = config;
  const files = { tlsPort, pskFile, tlsKey, tlsCert, tlsCa };
  const plain = port !== false;
  const { options, tls } = await listenOptions({ host, port: plain ? port : 0, timeout, plain, ...files });
  return { options: { ...options, tls: options.tls && { ...options.tls, maxHandshakes } }, tls };
}

/**
 * @throws UsageError `ERR_BAD_OPTION` if TLS is requested, and the files for neither keys nor certificates
 * are complete
 */
export function requireTlsFiles({ port, tls }: ListenConfig): void {
  if (tls === undefined && port !== false) return;
  const { pskFile, key, cert, ca } = tls ?? {};
  const isComplete = pskFile === undefined ? key !== undefined && cert !== undefined : !(key ?? cert ?? ca);
  if (isComplete) return;
  throw new UsageError(
    'ERR_BAD_OPTION',
    'TLS needs --psk-file, or --tls-key and --tls-cert; in a configuration tls.pskFile, or tls.key and tls.cert',
  );
}
