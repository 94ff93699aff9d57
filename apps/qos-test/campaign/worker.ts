/**
 * A process of the campaign: one life of the server or of the client. It keeps a journal, writes as many lines as it may,
 * and tells how it goes.
 */
import { stopped, tryAgain, work, type LinkFacts } from '@iot/app-kit';
import { connect, type Connection } from '@iot/client';
import { listen } from '@iot/server';
import { clientMessages } from '../src/client-message.js';
import { TestLog } from '../src/log.js';
import type { Data, Message } from '../src/message.js';
import type { Pace } from '../src/pace.js';
import { Traffic, type Mode } from '../src/traffic.js';
import { Journal } from './journal.js';
import type { EndName } from './plan.js';

export interface Role {
  readonly end: EndName;
  /** The number of this life of this end: 1, 2, 3 … */
  readonly life: number;
  /** The file that takes its journal. */
  readonly journal: string;
  readonly mode: Mode;
  readonly host: string;
  readonly port: number;
  readonly timeout: number;
  /** The highest version of the wire. */
  readonly protocol: 1 | 2;
}

export type Order =
  /** How many lines may be written in this life, in all. */
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
  /** How many lines have been read in this life; told now and then. */
  | { readonly type: 'progress'; readonly read: number }
  /** Everything that was allowed is written and acked, after `finish`. */
  | { readonly type: 'finished' }
  | { readonly type: 'report'; readonly facts: Facts };

/** After how many lines read the next news of it comes. */
const PROGRESS = 8;

/** Keeps the journal of a life, and passes everything on. */
class RecordingLog extends TestLog {
  readonly #life: number;
  readonly #journal: Journal;
  readonly #tell: (news: News) => void;
  #read = 0;
  #unresolved = 0;
  #link: LinkFacts | undefined;

  constructor({ life, journal }: Role, stop: AbortSignal, tell: (news: News) => void) {
    super({ quiet: true, stop });
    this.#life = life;
    this.#journal = new Journal(journal);
    this.#tell = tell;
  }

  get facts(): Facts {
    const { connects = 0, stats } = this.#link ?? {};
    const { outages = 0, retransmitted = 0, duplicatesDropped = 0 } = stats ?? {};
    return {
      connects,
      protocol: stats?.protocol,
      unresolved: this.#unresolved,
      outages,
      retransmitted,
      duplicatesDropped,
    };
  }

  override wrote(id: number): void {
    this.#journal.add('wrote', this.#life, id);
    this.#unresolved += 1;
  }

  override resolved(id: number): void {
    this.#journal.add('resolved', this.#life, id);
    this.#unresolved -= 1;
  }

  override read(message: Message): void {
    if (message.life === undefined) return this.nonsense(JSON.stringify(message.data));
    this.#journal.add('read', message.life, message.id);
    this.#read += 1;
    if (this.#read % PROGRESS === 0) this.#tell({ type: 'progress', read: this.#read });
  }

  override nonsense(line: string): void {
    this.#journal.add('nonsense', 0, 0);
    super.nonsense(line);
  }

  override state(_up: boolean, link: LinkFacts): void {
    this.#link = link;
    this.#tell({ type: 'state', up: _up, facts: this.facts });
  }
}

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

/** The id under which the client comes. */
const ID = 'qos';

await work<Role, Order, News>(async ({ role, stop, tell, onOrder }) => {
  const { end, life, mode, host, port, timeout, protocol } = role;
  const log = new RecordingLog(role, stop, tell);
  const pace = new Allowance();
  onOrder((order) => {
    if (order.type === 'allow') pace.allow(order.lines);
    else if (order.type === 'finish') pace.finish();
    else tell({ type: 'report', facts: log.facts });
  });

  /** The life is the last element of each message. */
  const exchange = async (link: Connection, message: (id: number) => Data, from: EndName): Promise<void> => {
    traffic = new Traffic(link, { mode, pace, from, message: (id) => [...message(id), life], log });
    // Failures are those of `run`.
    traffic.finished.then(
      () => tell({ type: 'finished' }),
      () => undefined,
    );
    await Promise.race([stopped(stop), traffic.run()]);
  };
  let traffic: Traffic;

  if (end === 'server') {
    await using server = await listen({ host, port, timeout, protocol, expected: [ID] });
    tell({ type: 'listening', port: server.address.port });
    const conn = await Promise.race([stopped(stop), server.client(ID)]);
    if (conn !== undefined) await exchange(conn, (id) => [id, id], 'client');
  } else {
    await using client = connect({ id: ID, host, port, timeout, protocol, badServer: tryAgain(log) });
    await Promise.race([stopped(stop), client.ready()]);
    if (!stop.aborted)
      await exchange(
        client,
        clientMessages(client, () => traffic),
        'server',
      );
  }
});
