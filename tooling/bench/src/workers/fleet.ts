/** Many clients of one server, in a separate process. */
import { EventEmitter, once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Endpoint } from '../contestants/contestant.js';
import { wireSession } from '../fleet/dialects.js';
import { KEEPALIVES, TIMEOUT_MS, WARM_UP, type FleetName } from '../fleet/serve.js';
import { Slots } from '../fleet/slots.js';
import { WireClient } from '../fleet/wire-client.js';
import { Times } from '../statistics.js';
import { answerCalls } from './remote.js';

export interface FleetRole {
  readonly fleet: FleetName;
  readonly endpoint: Endpoint;
}

export interface LinesSettings {
  /** Lines per second of all clients together. The clients send in turn. */
  readonly perSecond: number;
  readonly durationMs: number;
}

export interface LinesResult {
  readonly acked: number;
  readonly p50Us: number;
  readonly p99Us: number;
}

/** Maximum number of clients that connect at the same time, so that a slow server refuses none. */
const AT_A_TIME = 200;
const WARM_UP_PER_SECOND = 5000;
const TEXT = 'x'.repeat(40);
/** How long the last acks may take. */
const LAST_ACKS_MS = 5000;

/** Loopback addresses that clients connect from: each has its own ports, and one has too few for repeated rounds. */
const SOURCES = 16;

const clients: WireClient[] = [];
/** For each client, the function that ends its keepalives. */
const leave: (() => void)[] = [];
/** `ups` counts links since the start, `up` the current links. */
const counts = { up: 0, ups: 0, lost: 0, sent: 0, acked: 0 };
let times = new Times();
const changes = new EventEmitter().setMaxListeners(AT_A_TIME + 1);

const handlers = ({ fleet, endpoint }: FleetRole) => {
  const slots = new Slots<WireClient>(TIMEOUT_MS / KEEPALIVES, (client, now) => client.visit(now));
  const connectOne = async (kind: string): Promise<void> => {
    const index = clients.length;
    const firstUp = new Promise<void>((resolve) => {
      const client = new WireClient({
        server: endpoint,
        session: wireSession(fleet, `${kind}${index}`),
        localAddress: process.platform === 'linux' ? `127.81.24.${1 + (index % SOURCES)}` : undefined,
        events: { up: () => upAgain(resolve), lost, acked },
      });
      clients.push(client);
      leave.push(slots.add(client));
      client.open();
    });
    await firstUp;
  };
  const connectAll = async (count: number, kind: string): Promise<void> => {
    const lane = async (): Promise<void> => {
      while (clients.length < count) await connectOne(kind);
    };
    await Promise.all(Array.from({ length: Math.min(count, AT_A_TIME) }, lane));
  };

  const calls = {
    /** A few clients that send many lines for this time and then disconnect. */
    async warmUp(durationMs: number): Promise<void> {
      await connectAll(AT_A_TIME, WARM_UP);
      await calls.lines({ perSecond: WARM_UP_PER_SECOND, durationMs });
      for (const client of clients) client.close();
      for (const each of leave) each();
      while (counts.up > 0) await once(changes, 'lost');
      clients.length = leave.length = counts.lost = counts.ups = 0;
    },

    /** Connects this many clients. Returns the seconds until the last one is up. */
    async connect(count: number): Promise<number> {
      const start = performance.now();
      await connectAll(count, 'client-');
      return (performance.now() - start) / 1000;
    },

    /** Sends lines at a steady rate. */
    async lines({ perSecond, durationMs }: LinesSettings): Promise<LinesResult> {
      times = new Times();
      Object.assign(counts, { sent: 0, acked: 0 });
      const start = performance.now();
      let turn = 0;
      for (let due = 0; due < (perSecond * durationMs) / 1000; await sleep(1)) {
        const now = Math.min(performance.now() - start, durationMs);
        for (const until = (now * perSecond) / 1000; due < until; due++) {
          if (clients[turn++ % clients.length]!.send(TEXT)) counts.sent += 1;
        }
      }
      const over = AbortSignal.timeout(LAST_ACKS_MS);
      while (counts.acked < counts.sent && !over.aborted) {
        await once(changes, 'acked', { signal: over }).catch(() => undefined);
      }
      const [p50Us, p99Us] = [times.percentile(0.5), times.percentile(0.99)];
      return { acked: counts.acked, p50Us, p99Us };
    },

    /** Waits until every client is up. */
    async allUp(): Promise<void> {
      while (counts.up < clients.length) await once(changes, 'up');
    },

    counts(): Readonly<typeof counts> {
      return counts;
    },
  };
  return calls;
};

export type FleetCalls = ReturnType<typeof handlers>;

function upAgain(told: () => void): void {
  counts.up += 1;
  counts.ups += 1;
  told();
  changes.emit('up');
}

function lost(): void {
  counts.up -= 1;
  counts.lost += 1;
  changes.emit('lost');
}

function acked(ms: number): void {
  counts.acked += 1;
  times.add(ms * 1000);
  changes.emit('acked');
}

await answerCalls(handlers);
