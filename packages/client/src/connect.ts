import { drawEpoch, Pump } from '@iot/connection';
import { reportUncaught, LinkLog } from '@iot/connection/internal';
import { nodeClock } from '@iot/connection/node';
import { Session } from '@iot/qos';
import { Client } from './client.js';
import { Dialer } from './dialer.js';
import { NetworkKeeper } from './network/keeper.js';
import { connectSettings, type ConnectOptions } from './options.js';
import { Watchdog } from './watchdog/watchdog.js';

/**
 * A client, which connects and reconnects by itself until it is closed. Returns at once: `ready()` waits for the link.
 *
 * @throws UsageError `ERR_BAD_ID`, `ERR_BAD_OPTION`.
 */
export function connect(options: ConnectOptions): Client {
  const settings = connectSettings(options);
  const { heartbeat, network } = settings;
  const log = new LinkLog(settings.logger, settings.id);
  const pump = new Pump(new Session({ ...settings, drawEpoch }), nodeClock);
  const keeper = network && new NetworkKeeper(network, settings);
  const dialer = new Dialer(settings, { pump, network: keeper, log });
  const watchdog =
    settings.watchdog &&
    new Watchdog(
      settings.watchdog,
      () => dialer.progress,
      (why) => log.write('warn', 'systemd did not confirm a notification', { why }),
    );
  let dialling: Promise<void> = Promise.resolve();
  const client = new Client(
    pump,
    {
      ...settings,
      observe: (event) => {
        if (event.type === 'up') watchdog?.status('the link is up');
        if (event.type === 'down') watchdog?.status('the link is down');
        if (event.type === 'keepalive' && heartbeat !== undefined) reportUncaught(heartbeat);
      },
      release: async () => {
        log.write('info', 'closed');
        dialer.stop();
        await Promise.all([dialling, watchdog?.close()]);
      },
    },
    keeper,
  );
  const failed = (error: unknown) => void client.close(error);
  dialling = dialer.run(failed);
  watchdog?.started.catch(failed);
  return client;
}
