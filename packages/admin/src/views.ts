/** Turns records into the plain objects that the interface returns, as in the OpenAPI document. */
import type { ClientRecord, Fleet, Outage } from './fleet.js';
import type { Metrics } from './metrics/metrics.js';

const iso = (at: number): string => new Date(at).toISOString();

/** A client in a list. */
export function summary({ connection, since, recordedSince, lastLine, roundTripMs }: ClientRecord): object {
  const { protocol, ...stats } = connection.stats;
  return {
    id: connection.id,
    up: connection.status,
    since: iso(since),
    recordedSince: iso(recordedSince),
    address: connection.remoteAddress ?? null,
    protocol: protocol ?? null,
    connects: connection.connects,
    unreadLines: connection.unreadLines,
    pendingWrites: connection.pendingWrites,
    roundTripMs: roundTripMs ?? null,
    stats: { ...stats, bytesReceived: connection.bytesReceived, bytesSent: connection.bytesSent },
    ...(lastLine && { lastLine: { ...lastLine, at: iso(lastLine.at) } }),
  };
}

/** A single client, with all details. */
export function details(record: ClientRecord): object {
  return { ...summary(record), outages: record.outages.map(outage) };
}

/** @param outage with or without the id of its client */
export function outage({ at, endedAt, ...rest }: Outage & { readonly id?: string }): object {
  return { at: iso(at), endedAt: endedAt === undefined ? null : iso(endedAt), ...rest };
}

/** Totals of the fleet. */
export function overview(fleet: Fleet, metrics: Metrics): object {
  const totals = metrics.totals();
  const total = (name: string): number => totals.get(name) ?? 0;
  const { bounds, counts } = metrics.roundTrips;
  return {
    at: iso(Date.now()),
    lastEventId: fleet.events.lastId,
    showLines: fleet.showsLines,
    clients: fleet.records.size,
    up: total('iot_links_up'),
    linesReceived: total('iot_lines_received_total'),
    linesSent: total('iot_lines_sent_total'),
    linesRepeated: total('iot_lines_repeated_total'),
    unreadLines: total('iot_unread_lines'),
    pendingWrites: total('iot_pending_writes'),
    roundTrips: { boundsMs: bounds.map((seconds) => seconds * 1000), counts },
  };
}
