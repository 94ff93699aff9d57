/** SIGHUP: keys, certificates and the configuration are read again, and what of them needs a restart is said. */
import type { ServerTls } from '@iot/app-kit';
import type { Server } from '@iot/server';
import type { Config } from './config.js';
import { differences } from './effective.js';
import type { Log } from './log.js';
import type { Notify } from './systemd.js';

export interface ReloadOptions {
  /** Reads the settings again. */
  readonly read: () => Config;
  /** Those that are in force. */
  readonly config: Config;
  readonly log: Log;
  readonly notify: Notify;
}

export interface Reloading extends Disposable {
  /** From now on SIGHUP reloads; one that came before does so now. */
  begin(server: Server, tls: ServerTls | undefined): void;
}

/** Catches SIGHUP, which would end the process. */
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
      // One after the other, since each says to systemd when it begins and ends.
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
    log.error({ why: (error as Error).message }, 'all stays as it was');
  }
  await notify('READY');
}
