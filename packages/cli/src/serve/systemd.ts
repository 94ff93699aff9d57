/** What systemd is told of a service with `Type=notify`; nothing where systemd does not ask. */
import { SystemdNotifier } from '@iot/client/internal';
import type { Log } from './log.js';

export type State = 'READY' | 'RELOADING' | 'STOPPING';

/** Resolves once systemd was told. What fails is logged: the service goes on. */
export type Notify = (state: State) => Promise<void>;

export function systemd(log: Log): Notify {
  if (!process.env['NOTIFY_SOCKET']) return () => Promise.resolve();
  const notifier = new SystemdNotifier('systemd', (message) => log.warn({}, message));
  return (state) =>
    notifier.notify(state, '1').catch((error: unknown) => log.error({}, (error as Error).message));
}
