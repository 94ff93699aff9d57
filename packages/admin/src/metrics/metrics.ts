/**
 * The metrics for Prometheus: sums over all clients, computed in one pass at each scrape. When a client is
 * forgotten, its counters are added to a separate sum, so that totals never decrease. With the label `client`
 * each client has its own series, which ends when the client is forgotten.
 */
import type { Connection, LinkEnd, RefusalReason } from '@iot/server';
import type { Fleet } from '../fleet.js';
import type { CommitSource } from '../options.js';
import { OUTAGE_REASONS, REFUSAL_REASONS } from '../reasons.js';
import { ALERT_RESULTS } from '../alerts/delivery.js';
import { EventLoop } from './event-loop.js';
import { Histogram } from './histogram.js';
import { metricsText, type Metric, type Sample } from './text.js';

interface OfClient {
  readonly name: string;
  readonly type: 'counter' | 'gauge';
  readonly help: string;
  readonly value: (connection: Connection, stats: Connection['stats']) => number;
}

const OF_CLIENTS: readonly OfClient[] = [
  {
    name: 'iot_links_up',
    type: 'gauge',
    help: 'Clients that are up.',
    value: ({ status }) => Number(status),
  },
  {
    name: 'iot_lines_received_total',
    type: 'counter',
    help: 'Lines received, without duplicates.',
    value: (_, { received }) => received,
  },
  {
    name: 'iot_lines_sent_total',
    type: 'counter',
    help: 'Lines sent, without retransmissions.',
    value: (_, { sent }) => sent,
  },
  {
    name: 'iot_received_bytes_total',
    type: 'counter',
    help: 'Bytes received, without the hello and the overhead of TLS.',
    value: ({ bytesReceived }) => bytesReceived,
  },
  {
    name: 'iot_sent_bytes_total',
    type: 'counter',
    help: 'Bytes sent, without the overhead of TLS.',
    value: ({ bytesSent }) => bytesSent,
  },
  {
    name: 'iot_lines_repeated_total',
    type: 'counter',
    help: 'Lines that were sent again.',
    value: (_, { retransmitted }) => retransmitted,
  },
  {
    name: 'iot_duplicates_dropped_total',
    type: 'counter',
    help: 'Lines that were received again and dropped.',
    value: (_, { duplicatesDropped }) => duplicatesDropped,
  },
  {
    name: 'iot_unsafe_lines_dropped_total',
    type: 'counter',
    help: 'Lines without qos that were received and dropped, because too many lines were unread.',
    value: (_, { unsafeDropped }) => unsafeDropped,
  },
  {
    name: 'iot_protocol_errors_total',
    type: 'counter',
    help: 'Protocol violations by clients.',
    value: (_, { protocolErrors }) => protocolErrors,
  },
  {
    name: 'iot_unread_lines',
    type: 'gauge',
    help: 'Lines received that the program has not read.',
    value: ({ unreadLines }) => unreadLines,
  },
  {
    name: 'iot_pending_writes',
    type: 'gauge',
    help: 'Lines written that are not sent, or sent and not acked.',
    value: ({ pendingWrites }) => pendingWrites,
  },
];

const ROUND_TRIPS_S = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

export class Metrics {
  readonly #fleet: Fleet;
  readonly #byClient: boolean;
  readonly #eventLoop = new EventLoop();
  readonly #roundTrips = new Histogram(
    'iot_round_trip_seconds',
    'Time from the write of a line to its ack, including outages in between.',
    ROUND_TRIPS_S,
  );
  readonly #commits = new Histogram(
    'iot_store_commit_seconds',
    'How long commits of the store took.',
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30],
  );
  #failedCommits = 0;
  readonly #stopWatching: (() => void) | undefined;
  /** Sums of forgotten clients, one for each entry of `OF_CLIENTS`; 0 for a gauge. */
  readonly #gone = OF_CLIENTS.map(() => 0);
  /** Number of outages by reason. With the label `client`, the outer key is the client. */
  readonly #outages = new Map<string, Map<string, number>>();
  readonly #refusals = zeros(REFUSAL_REASONS);
  readonly #alerts = zeros(ALERT_RESULTS);

  constructor(fleet: Fleet, labels?: 'client', store?: CommitSource) {
    this.#fleet = fleet;
    this.#byClient = labels === 'client';
    if (!this.#byClient) this.#outages.set(ALL, zeros(OUTAGE_REASONS));
    fleet.on('down', ({ id }, reason) => this.#down(id, reason));
    fleet.on('gone', (connection) => this.#retire(connection));
    this.#stopWatching = store?.onCommit(({ ms, failed }) => {
      this.#commits.add(ms / 1000);
      if (failed) this.#failedCommits += 1;
    });
    fleet.on('acked', (_, ms) => this.#roundTrips.add(ms / 1000));
    fleet.on('refused', (reason: RefusalReason) => increment(this.#refusals, reason));
  }

  text(): string {
    return metricsText(this.read());
  }

  /** Sums over all clients, by the names of their metrics. */
  totals(): ReadonlyMap<string, number> {
    return new Map(this.#ofClients().map(({ name, total }) => [name, total]));
  }

  get roundTrips(): Histogram {
    return this.#roundTrips;
  }

  get histograms(): readonly Histogram[] {
    return [this.#roundTrips, this.#commits, this.#eventLoop.delays];
  }

  /** An alert has ended. */
  alert(result: (typeof ALERT_RESULTS)[number]): void {
    increment(this.#alerts, result);
  }

  stop(): void {
    this.#eventLoop.stop();
    this.#stopWatching?.();
  }

  #down(id: string, reason: LinkEnd): void {
    const client = this.#byClient ? id : ALL;
    const values = this.#outages.get(client) ?? zeros(OUTAGE_REASONS);
    this.#outages.set(client, values);
    increment(values, reason);
  }

  #retire(connection: Connection): void {
    if (this.#byClient) this.#outages.delete(connection.id);
    const { stats } = connection;
    for (const [index, { type, value }] of OF_CLIENTS.entries())
      if (type === 'counter') this.#gone[index]! += value(connection, stats);
  }

  /** The current values of all metrics. */
  read(): Metric[] {
    this.#eventLoop.start();
    const sessions = this.#fleet.records.size;
    return [
      ...this.#ofClients(),
      gauge('iot_sessions', 'Clients that are known, up or down.', sessions),
      {
        name: 'iot_outages_total',
        type: 'counter',
        help: 'Links that were up and ended, by reason.',
        samples: this.#outageSamples(),
      },
      {
        name: 'iot_refusals_total',
        type: 'counter',
        help: 'Connections that were refused, by reason.',
        samples: counts('reason', this.#refusals, {}),
      },
      {
        name: 'iot_alerts_total',
        type: 'counter',
        help: 'Alerts that were delivered, could not be delivered, or were dropped because too many waited.',
        samples: counts('result', this.#alerts, {}),
      },
      this.#roundTrips.read(),
      this.#commits.read(),
      {
        name: 'iot_store_commit_failures_total',
        type: 'counter',
        help: 'Commits of the store that failed.',
        samples: [{ labels: {}, value: this.#failedCommits }],
      },
      this.#eventLoop.delays.read(),
    ];
  }

  #ofClients(): (Metric & { readonly total: number })[] {
    const totals = [...this.#gone];
    const samples: Sample[][] = OF_CLIENTS.map(() => []);
    for (const { connection } of this.#fleet.records.values()) {
      const { stats } = connection;
      for (const [index, { value }] of OF_CLIENTS.entries()) {
        const now = value(connection, stats);
        totals[index]! += now;
        if (this.#byClient) samples[index]!.push({ labels: { client: connection.id }, value: now });
      }
    }
    return OF_CLIENTS.map(({ name, type, help }, index) => ({
      name,
      type,
      help,
      total: totals[index]!,
      samples: this.#byClient ? samples[index]! : [{ labels: {}, value: totals[index]! }],
    }));
  }

  *#outageSamples(): Iterable<Sample> {
    for (const [client, values] of this.#outages)
      yield* counts('reason', values, this.#byClient ? { client } : {});
  }
}

/** The key of the counts of all clients together. */
const ALL = '';

function zeros(names: readonly string[]): Map<string, number> {
  return new Map(names.map((name) => [name, 0]));
}

function increment(values: Map<string, number>, name: string): void {
  values.set(name, (values.get(name) ?? 0) + 1);
}

function* counts(
  label: string,
  values: ReadonlyMap<string, number>,
  labels: Sample['labels'],
): Iterable<Sample> {
  for (const [name, value] of values) yield { labels: { ...labels, [label]: name }, value };
}

function gauge(name: string, help: string, value: number): Metric {
  return { name, type: 'gauge', help, samples: [{ labels: {}, value }] };
}
