/** Clients as the interface shows them: plain objects, as in the OpenAPI document. */
import type { ClientRecord, Outage } from './fleet.js';

const iso = (at: number): string => new Date(at).toISOString();

/** A client in a list. */
export function summary({ connection, since, lastLine }: ClientRecord): object {
  const { protocol, ...stats } = connection.stats;
  return {
    id: connection.id,
    up: connection.status,
    since: iso(since),
    address: connection.remoteAddress ?? null,
    protocol: protocol ?? null,
    connects: connection.connects,
    unreadLines: connection.unreadLines,
    pendingWrites: connection.pendingWrites,
    stats: { ...stats, bytesReceived: connection.bytesReceived, bytesSent: connection.bytesSent },
    ...(lastLine && { lastLine: { ...lastLine, at: iso(lastLine.at) } }),
  };
}

/** A client by itself. */
export function details(record: ClientRecord): object {
  return { ...summary(record), outages: record.outages.map(outage) };
}

function outage({ at, reason, told, endedAt }: Outage): object {
  return { at: iso(at), endedAt: endedAt === undefined ? null : iso(endedAt), reason, told };
}
