import type { Window } from '@iot/qos';
import type { OfflineSettings } from '../src/offline-options.js';
import { Connection, type SessionStore } from '../src/index.js';
import { LoadedSession, LoadingEngine, storedPump } from '../src/internal/index.js';
import { settle, VirtualClock } from './virtual-clock.js';
import { Wire } from './wire.js';

/** One process of a client that speaks version 1, whose session is in a store, in an outage; `link` ends that. */
export function storedClient(store: SessionStore, offline?: OfflineSettings, window?: Window) {
  const clock = new VirtualClock();
  const options = { store, id: 'board', closeTimeoutMs: 5000 };
  const loading = LoadedSession.load(options).then((loaded) =>
    storedPump({ role: 'client', id: 'board', timeout: 1000, protocol: 1 }, loaded, clock, window),
  );
  const engine = new LoadingEngine(loading, { clock, maxLineBytes: 100, closeTimeoutMs: 5000 });
  const connection = new Connection(engine, { id: 'board', maxUnsentLines: 1024, offline });
  const link = async () => {
    const wire = new Wire();
    (await loading).attach(wire);
    wire.says('\n');
    await settle();
    return wire;
  };
  return { clock, connection, loading, link };
}

/** All lines that a client sends on this link, each acked when it comes. */
export async function ackedLines(wire: Wire): Promise<string[]> {
  const lines: string[] = [];
  for (let sent = wire.takes(); sent !== ''; sent = wire.takes()) {
    for (const [, id = '', text = ''] of sent.matchAll(/^([\da-f]{2})(.+)\n/gm)) {
      lines.push(text);
      wire.says(`${id}\n`);
    }
    await settle();
  }
  return lines;
}
