/**
 * A process of the campaign: one run of the server or of the client. It keeps a journal, writes as many lines as it may,
 * and reports its progress.
 */
import { stopped, tryAgain, work } from '@iot/app-kit';
import { connect } from '@iot/client';
import type { SessionStore } from '@iot/connection';
import { listen } from '@iot/server';
import { levelStore } from '@iot/store-level';
import { clientMessages } from '../src/client-message.js';
import type { Data } from '../src/message.js';
import type { Pace } from '../src/pace.js';
import { Traffic, type Link } from '../src/traffic.js';
import { Journal } from './journal.js';
import { OriginalLink } from './original-link.js';
import { ID, type EndName } from './plan.js';
import { RecordingLog } from './recording-log.js';
import { recordingStore } from './recording-store.js';
import type { Round } from './round.js';
import { tlsOfClient, tlsOfServer, type TlsFiles } from './tls.js';

export interface Role {
  readonly end: EndName;
  /** The number of this run of this end: 1, 2, 3 … */
  readonly run: number;
  /** The file that takes its journal. */
  readonly journal: string;
  readonly round: Round;
  readonly host: string;
  readonly port: number;
  readonly timeout: number;
  /** Where this end keeps its sessions. */
  readonly store: { readonly folder: string; readonly durability: 'full' | 'relaxed' } | undefined;
  /** Undefined without TLS. */
  readonly tls?: TlsFiles;
}

export type Order =
  /** How many lines may be written in this run, in all. */
  | { readonly type: 'allow'; readonly lines: number }
  /** No more than are allowed now. */
  | { readonly type: 'finish' }
  | { readonly type: 'report' };

export interface Facts {
  readonly connects: number;
  /** The version of the wire; undefined before the first link. */
  readonly protocol: 1 | 2 | undefined;
  /** Writes that have not resolved. */
  readonly unresolved: number;
  readonly outages: number;
  readonly retransmitted: number;
  readonly duplicatesDropped: number;
}

export type News =
  | { readonly type: 'listening'; readonly port: number }
  | { readonly type: 'state'; readonly up: boolean; readonly facts: Facts }
  /** How many lines have been read in this run; told now and then. */
  | { readonly type: 'progress'; readonly read: number }
  /** Everything that was allowed is written and acked, after `finish`. */
  | { readonly type: 'finished' }
  | { readonly type: 'report'; readonly facts: Facts };

/** As many lines as have been allowed. */
class Allowance implements Pace {
  #allowed = 0;
  #finished = false;
  #wake: (() => void) | undefined;

  /** Lines in all. */
  allow(lines: number): void {
    this.#allowed = lines;
    this.#wake?.();
  }

  /** No more than that. */
  finish(): void {
    this.#finished = true;
    this.#wake?.();
  }

  async turn(id: number): Promise<boolean> {
    while (id >= this.#allowed && !this.#finished) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return id < this.#allowed;
  }
}

/** The messages of a round in which all are identical. */
const IDENTICAL = { client: [0, 0, 0, 0, 0, 0, 0], server: [0, 0] } as const;

await work<Role, Order, News>(async ({ role, stop, tell, onOrder }) => {
  const { end, run, round, host, port, timeout, tls } = role;
  const { mode, protocol } = round;
  const unique = round.texts === 'unique';
  const from = end === 'server' ? 'client' : 'server';
  const journal = new Journal(role.journal);
  const log = new RecordingLog({ run, journal, unique, stop, tell });
  const pace = new Allowance();
  onOrder((order) => {
    if (order.type === 'allow') pace.allow(order.lines);
    else if (order.type === 'finish') pace.finish();
    else tell({ type: 'report', facts: log.facts });
  });

  /** In messages that differ, the run is the last element of each. */
  const exchange = async (link: Link, message: (id: number) => Data): Promise<void> => {
    const its = (id: number): Data => (unique ? [...message(id), run] : IDENTICAL[end]);
    traffic = new Traffic(link, { mode, pace, from, message: its, log });
    // Failures are those of `run`.
    traffic.finished.then(
      () => tell({ type: 'finished' }),
      () => undefined,
    );
    await Promise.race([stopped(stop), traffic.run()]);
  };
  let traffic: Traffic;

  await using level = await openStore(role);
  const store = level && recordingStore(level, journal, { out: end, in: from });
  if (end === 'server') {
    // One end acks when a line is received, and the other when it is done: both are tried.
    const ackWhen = store && ('done' as const);
    const ports = tls === undefined ? { port } : { port: false as const, tls: await tlsOfServer(tls, port) };
    const options = { host, timeout, protocol, store, ackWhen, expected: [ID] };
    await using server = await listen({ ...options, ...ports });
    tell({ type: 'listening', port: server.address.port });
    const conn = await Promise.race([stopped(stop), server.client(ID)]);
    if (conn !== undefined) await exchange(conn, (id) => [id, id]);
  } else {
    const secure = tls && { tls: await tlsOfClient(tls, ID) };
    await using client =
      round.client === 'original'
        ? new OriginalLink({ id: ID, port, timeout })
        : connect({ id: ID, host, port, timeout, protocol, store, badServer: tryAgain(log), ...secure });
    await Promise.race([stopped(stop), client.ready()]);
    const message = clientMessages(client, () => traffic);
    if (!stop.aborted) await exchange(client, message);
  }
});

async function openStore({ store }: Role): Promise<(SessionStore & AsyncDisposable) | undefined> {
  return store && (await levelStore(store.folder, { durability: store.durability }));
}
