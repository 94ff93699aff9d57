/** The routes of the interface. `openapi.ts` describes them, and a test compares the two. */
import { quiet, settlesWithin } from '@iot/connection/internal';
import { nodeClock } from '@iot/connection/node';
import { ClosedError, UsageError } from '@iot/framing';
import type { ClientRecord, Fleet } from './fleet.js';
import { Refused, type Answer } from './http/answer.js';
import { readObject } from './http/body.js';
import type { Call, Route } from './http/server.js';
import type { Streams } from './http/stream.js';
import type { Limits } from './limits.js';
import { METRICS_TYPE } from './metrics/text.js';
import type { Metrics } from './metrics/metrics.js';
import { OPENAPI } from './openapi.js';
import { byId, byTrouble, ranked, type Ranked, type Troubled } from './trouble.js';
import { details, outage, overview, summary } from './views.js';

/** The objects that the routes read. */
export interface Parts {
  readonly fleet: Fleet;
  readonly streams: Streams;
  readonly metrics: Metrics;
}

export function routes({ fleet, streams, metrics }: Parts, limits: Limits): Route[] {
  return [
    { method: 'GET', path: '/healthz', isOpen: true, answer: () => ({ status: 200, body: { ok: true } }) },
    {
      method: 'GET',
      path: '/readyz',
      isOpen: true,
      answer: () => ({ status: fleet.isOpen ? 200 : 503, body: { ok: fleet.isOpen } }),
    },
    {
      method: 'GET',
      path: '/metrics',
      answer: () => ({ status: 200, body: metrics.text(), headers: { 'content-type': METRICS_TYPE } }),
    },
    { method: 'GET', path: '/openapi.json', answer: () => ({ status: 200, body: OPENAPI }) },
    { method: 'GET', path: '/fleet', answer: () => ({ status: 200, body: overview(fleet, metrics) }) },
    {
      method: 'GET',
      path: '/outages',
      query: ['since', 'limit'],
      answer: ({ query }) => {
        const limit = numberOf(query, 'limit', limits.clients, limits.mostClients);
        const found = fleet.outagesSince(timeOf(query, 'since', Date.now() - HOUR_MS));
        const newest = found.slice(Math.max(0, found.length - limit));
        return { status: 200, body: { total: found.length, outages: newest.map(outage) } };
      },
    },
    ...clientRoutes(fleet, limits),
    {
      method: 'GET',
      path: '/events',
      query: ['lines', 'client'],
      answer: ({ request, response, query }) => {
        const lastEventId = request.headers['last-event-id'];
        streams.begin(response, {
          lastEventId: Array.isArray(lastEventId) ? lastEventId[0] : lastEventId,
          lines: isTrue(query, 'lines'),
          client: query.get('client') ?? undefined,
        });
        return undefined;
      },
    },
  ];
}

const HOUR_MS = 3_600_000;

function clientRoutes(fleet: Fleet, limits: Limits): Route[] {
  const { server } = fleet;
  return [
    {
      method: 'GET',
      path: '/clients',
      query: ['limit', 'offset', 'sort'],
      answer: ({ query }) => {
        const limit = numberOf(query, 'limit', limits.clients, limits.mostClients);
        const offset = numberOf(query, 'offset', 0, Number.MAX_SAFE_INTEGER);
        const page = sorted([...fleet.records.values()], query.get('sort')).slice(offset, offset + limit);
        return { status: 200, body: { total: fleet.records.size, clients: page.map(summary) } };
      },
    },
    {
      method: 'GET',
      path: '/clients/{id}',
      answer: ({ id }) => ({ status: 200, body: details(known(fleet, id)) }),
    },
    {
      method: 'DELETE',
      path: '/clients/{id}',
      answer: async ({ id }) => {
        if (!(await server.forget(id))) throw unknownClient(id);
        return { status: 204 };
      },
    },
    {
      method: 'POST',
      path: '/clients/{id}/disconnect',
      answer: async ({ id }) => {
        known(fleet, id);
        return {
          status: 200,
          body: { disconnected: await server.disconnect(id, 'by the admin interface') },
        };
      },
    },
    {
      method: 'POST',
      path: '/clients/{id}/lines',
      query: ['waitMs'],
      answer: (call) => writeLine(call, fleet, limits),
    },
  ];
}

/** @throws Refused 400 */
function sorted(records: readonly ClientRecord[], by: string | null): readonly ClientRecord[] {
  if (by === null) return records;
  if (!isOrder(by))
    throw new Refused(400, 'bad-query', `sort must be one of ${Object.keys(ORDERS).join(', ')}`);
  const now = Date.now();
  const all = records.map((record) => {
    const { id, status: up, stats } = record.connection;
    const { since, outages } = record;
    return ranked({ id, up, since, outages, record, allOutages: stats.outages }, now);
  });
  return all.sort(ORDERS[by]).map(({ client }) => client.record);
}

type RankedRecord = Ranked<Troubled & { readonly record: ClientRecord; readonly allOutages: number }>;

const ORDERS = {
  trouble: byTrouble,
  outages: (one: RankedRecord, other: RankedRecord) => other.client.allOutages - one.client.allOutages,
  id: byId,
};

function isOrder(by: string): by is keyof typeof ORDERS {
  return Object.hasOwn(ORDERS, by);
}

/**
 * Writes a line. If the ack takes longer than the request waits, or the requester disconnects, the line stays
 * queued.
 */
async function writeLine({ request, query, id }: Call, fleet: Fleet, limits: Limits): Promise<Answer> {
  const waitMs = numberOf(query, 'waitMs', limits.ackMs, limits.longestAckMs);
  const { line } = await readObject(request, limits.bodyBytes);
  const { connection } = known(fleet, id);
  if (typeof line !== 'string' || line === '' || line === '\n')
    throw new Refused(400, 'bad-line', 'the body must be {"line": "…"}, with a line that is not empty');
  if (connection.pendingWrites >= limits.pendingWrites) {
    throw new Refused(
      429,
      'too-many-pending',
      `${limits.pendingWrites} lines to this client are not acked: try again once it is up`,
    );
  }
  const written = quiet(connection.write(line));
  const isSettled = await settlesWithin(nodeClock, waitMs, written);
  if (!isSettled) return { status: 202, body: { acked: false } };
  try {
    await written;
  } catch (error) {
    if (error instanceof UsageError) throw new Refused(400, 'bad-line', error.message);
    if (error instanceof ClosedError) throw new Refused(410, 'gone', error.message);
    throw error;
  }
  return { status: 200, body: { acked: true } };
}

/** @throws Refused 404 */
function known(fleet: Fleet, id: string): ClientRecord {
  const record = fleet.records.get(id);
  if (record === undefined) throw unknownClient(id);
  return record;
}

function unknownClient(id: string): Refused {
  return new Refused(
    404,
    'unknown-client',
    `client ${JSON.stringify(id)} has never connected, or was forgotten`,
  );
}

/** @throws Refused 400 */
function isTrue(query: URLSearchParams, name: string): boolean {
  const text = query.get(name) ?? 'false';
  if (text === 'true' || text === 'false') return text === 'true';
  throw new Refused(400, 'bad-query', `${name} must be true or false`);
}

/** @throws Refused 400 */
function numberOf(query: URLSearchParams, name: string, otherwise: number, most: number): number {
  const text = query.get(name);
  if (text === null) return otherwise;
  const value = Number(text);
  if (/^\d+$/.test(text) && value <= most) return value;
  throw new Refused(400, 'bad-query', `${name} must be a whole number from 0 to ${most}`);
}

/** @throws Refused 400 */
function timeOf(query: URLSearchParams, name: string, otherwise: number): number {
  const text = query.get(name);
  if (text === null) return otherwise;
  const time = Date.parse(text);
  if (/^\d{4}-\d\d-\d\dT/.test(text) && !Number.isNaN(time)) return time;
  throw new Refused(400, 'bad-query', `${name} must be a time: 2026-03-01T08:00:00Z`);
}
