/**
 * `connect`: makes a client from its parts. The engine sends and receives the lines (a pump, or with a store a `LoadingEngine`).
 * The dialer connects and reconnects the pump. The network keeper and the watchdog are optional.
 */
import { drawEpoch, Pump, type Engine } from '@iot/connection';
import {
  LinkLog,
  LoadedSession,
  LoadingEngine,
  quiet,
  reportUncaught,
  storedPump,
  windowOf,
} from '@iot/connection/internal';
import { nodeClock } from '@iot/connection/node';
import { Session } from '@iot/qos';
import { Client } from './client.js';
import { Dialer } from './dialer.js';
import { NetworkKeeper } from './network/keeper.js';
import { connectSettings, type ConnectOptions, type ConnectSettings } from './options.js';
import { Watchdog } from './watchdog/watchdog.js';

/**
 * Makes a client that connects to the server, and reconnects until it is closed. Returns at once: `ready()` waits for the link.
 * With a store, the client first loads its session, and then sends the lines of an earlier process that were not acked. If the
 * session cannot be loaded, or another process takes it over, the client is closed with a StoreError.
 *
 * @throws UsageError `ERR_BAD_ID`, `ERR_BAD_OPTION`.
 */
export function connect(options: ConnectOptions): Client {
  const settings = connectSettings(options);
  const { heartbeat, network } = settings;
  const log = new LinkLog(settings.logger, settings.id);
  const keeper = network && new NetworkKeeper(network, settings);
  let dialer: Dialer | undefined;
  const watchdog =
    settings.watchdog &&
    new Watchdog(
      settings.watchdog,
      // While the session is loaded there is no dialer. A slow store is not a stalled client, so this counts as progress.
      () => dialer?.progress ?? performance.now(),
      (why) => log.write('warn', 'systemd did not confirm a notification', { why }),
    );
  const { engine, pump } = makeEngine(settings);
  let dialling: Promise<void> = Promise.resolve();
  let closed = false;
  const client = new Client(
    engine,
    {
      ...settings,
      observe: (event) => {
        if (event.type === 'up') watchdog?.status('the link is up');
        if (event.type === 'down') watchdog?.status('the link is down');
        if (event.type === 'keepalive' && heartbeat !== undefined) reportUncaught(heartbeat);
      },
      release: async () => {
        log.write('info', 'closed');
        closed = true;
        dialer?.stop();
        await Promise.all([dialling, watchdog?.close()]);
      },
    },
    { network: keeper, tls: settings.tls },
  );
  const failed = (error: unknown) => void client.close(error);
  const dialWith = (it: Pump) => {
    if (closed) return;
    dialer = new Dialer(settings, { pump: it, network: keeper, log });
    dialling = dialer.run(failed);
  };
  if (pump instanceof Pump) dialWith(pump);
  else pump.then(dialWith).catch(failed);
  watchdog?.started.catch(failed);
  return client;
}

/** Makes the engine. With a store, the pump exists only once the session is loaded. */
function makeEngine(settings: ConnectSettings): {
  readonly engine: Engine;
  readonly pump: Pump | Promise<Pump>;
} {
  const session = { ...settings, drawEpoch, dateNow: Date.now };
  const { store, id, logger, maxLineBytes, closeTimeoutMs } = settings;
  if (store === undefined) {
    const pump = new Pump(new Session(session), nodeClock);
    return { engine: pump, pump };
  }
  const loading = LoadedSession.load({ store, id, logger, closeTimeoutMs }).then((loaded) =>
    storedPump(session, loaded, nodeClock, windowOf(settings.offline)),
  );
  const engine = new LoadingEngine(loading, { clock: nodeClock, maxLineBytes, closeTimeoutMs });
  return { engine, pump: quiet(loading) };
}
