/**
 * Handles SIGHUP: reads keys, certificates and the configuration again, and logs the changed settings that
 * need a restart.
 */
import type { ServerTls } from '@iot/app-kit';
import type { Server } from '@iot/server';
import type { Config } from './config.js';
import { differences } from './effective.js';
import type { Log } from './log.js';
import type { Notify } from './systemd.js';

export interface ReloadOptions {
  /** Reads the settings again. */
  readonly read: () => Config;
  /** The current settings. */
  readonly config: Config;
  readonly log: Log;
  readonly notify: Notify;
}

export interface Reloading extends Disposable {
  /** From now on SIGHUP reloads. If SIGHUP was received before, reloads now. */
  begin(server: Server, tls: ServerTls | undefined): void;
}

/** Catches SIGHUP, so that it does not end the process. */
export function reloadOnSighup(options: ReloadOptions): Reloading {
  let reload: (() => void) | undefined;
  let isWanted = false;
  const caught = (): void => {
    isWanted = true;
    reload?.();
  };
  process.on('SIGHUP', caught);
  return {
    begin: (server, tls) => {
      // Reloads run one after the other, because each reports its begin and end to systemd.
      let last = Promise.resolve();
      reload = () => {
        last = last.then(() => readAgain(server, tls, options));
      };
      if (isWanted) reload();
    },
    [Symbol.dispose]: () => void process.off('SIGHUP', caught),
  };
}

async function readAgain(
  server: Server,
  tls: ServerTls | undefined,
  { read, config, log, notify }: ReloadOptions,
) {
  await notify('RELOADING');
  try {
    const next = read();
    await tls?.reload(server);
    log.level = next.logLevel ?? 'info';
    if (tls !== undefined) log.info({}, 'the keys or certificates were read again');
    const waiting = differences(config, next).filter((key) => key !== 'logLevel');
    if (waiting.length > 0) log.warn({ keys: waiting.join(', ') }, 'these settings need a restart');
    log.info({}, 'reloaded');
  } catch (error) {
    log.error({ why: (error as Error).message }, 'nothing was reloaded');
  }
  await notify('READY');
}
