/**
 * Reports the state of the service to systemd (`Type=notify`). Does nothing if the process was not started
 * that way.
 */
import { SystemdNotifier } from '@iot/client/internal';
import type { Log } from './log.js';

export type State = 'READY' | 'RELOADING' | 'STOPPING';

/** Resolves once the state was sent to systemd. A failure is logged, and the service continues. */
export type Notify = (state: State) => Promise<void>;

export function systemd(log: Log): Notify {
  if (!process.env['NOTIFY_SOCKET']) return () => Promise.resolve();
  const notifier = new SystemdNotifier('systemd', (message) => log.warn({}, message));
  return (state) =>
    notifier.notify(state, '1').catch((error: unknown) => log.error({}, (error as Error).message));
}
