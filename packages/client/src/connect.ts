import { Connection, Pump } from '@iot/connection';
import { nodeClock } from '@iot/connection/node';
import { Dialer } from './dialer.js';
import { connectSettings, type ConnectOptions } from './options.js';

/** This end of the link; the server's end has the same surface. */
export type Client = Connection;

/**
 * A client, which connects and reconnects by itself until it is closed. Returns at once: `ready()` waits for the link.
 *
 * @throws UsageError `ERR_BAD_ID`, `ERR_BAD_OPTION`.
 */
export function connect(options: ConnectOptions): Client {
  const settings = connectSettings(options);
  const pump = new Pump({ ...settings, role: 'client' }, nodeClock);
  const dialer = new Dialer(settings);
  let dialling: Promise<void> = Promise.resolve();
  const client = new Connection(pump, {
    ...settings,
    release: () => {
      dialer.stop();
      return dialling;
    },
  });
  dialling = dialer.run({
    pump,
    get connects() {
      return client.connects;
    },
    failed: (error) => void client.close(error),
  });
  return client;
}
