/** A process of the demo: the server of `start` or one `client`, which keeps a report and does what it is asked. */
import { openClientTls, openServer, stopped, tryAgain, work } from '@iot/app-kit';
import { connect } from '@iot/client';
import { App, clientList, serverApp } from '../src/app.js';
import { COUNT_OF } from '../src/message.js';
import { IDS } from '../src/settings.js';
import { RecordingLog, type EndReport } from './recording-log.js';

export interface Role {
  /** The id of a client; without one it is the server. */
  readonly id?: string;
  readonly host: string;
  readonly port: number;
  readonly timeout: number;
  readonly interval: number;
  readonly quiet: boolean;
  /** The keys of all clients; without it there is no TLS. */
  readonly pskFile?: string;
}

/** `finish` sending; `report` what happened. */
export type Order = 'finish' | 'report';

export type News =
  | { readonly type: 'listening'; readonly port: number }
  /** The link of this client came up. */
  | { readonly type: 'up'; readonly connects: number }
  /** Everything sent is acked, and nothing more is sent. */
  | { readonly type: 'finished' }
  | { readonly type: 'report'; readonly ends: readonly EndReport[] };

await work<Role, Order, News>(async ({ role, stop, tell, onOrder }) => {
  const { id, host, port, timeout, interval, quiet, pskFile } = role;

  const runAll = async (apps: readonly App[], logs: readonly RecordingLog[]): Promise<void> => {
    const finish = async (): Promise<void> => {
      await Promise.all(apps.map((app) => app.finish()));
      tell({ type: 'finished' });
    };
    onOrder((order) => {
      if (order === 'finish') void finish();
      else tell({ type: 'report', ends: logs.map((log) => log.report()) });
    });
    await Promise.race([stopped(stop), ...apps.map((app) => app.start())]);
  };

  if (id === undefined) {
    const tls = pskFile === undefined ? { plain: true } : { plain: false, pskFile, tlsPort: port };
    await using server = await openServer({ host, port, timeout, anyPort: true, ...tls }, { expected: IDS });
    tell({ type: 'listening', port: server.address.port });
    const logs = IDS.map(
      (id) => new RecordingLog({ id, countAt: COUNT_OF.client, name: `client ${id}`, quiet, stop }),
    );
    const apps = IDS.map((id, i) => serverApp(server, { id, interval, log: logs[i]! }));
    await runAll(apps, logs);
  } else {
    let connects = 0;
    const log = new RecordingLog({
      ...{ id, countAt: COUNT_OF.server, quiet, stop },
      changed: (log) => {
        if (log.connects > connects) tell({ type: 'up', connects: (connects = log.connects) });
      },
    });
    const tls = await openClientTls(role, id);
    await using client = connect({ id, host, port, tls, timeout, badServer: tryAgain(log) });
    await runAll([new App(client, { interval, log, list: clientList(client) })], [log]);
  }
});
