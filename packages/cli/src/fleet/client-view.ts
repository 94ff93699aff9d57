/** A client in the answer of `/clients`: the fields that the commands use. */
export interface ClientView {
  readonly id: string;
  readonly up: boolean;
  readonly since: string;
  readonly address: string | null;
  readonly protocol: 1 | 2 | null;
  readonly unreadLines: number;
  readonly pendingWrites: number;
  readonly stats: Readonly<Record<string, number>>;
}

/** Whether this is one: what answers may be anything. */
export function isClientView(value: unknown): value is ClientView {
  if (typeof value !== 'object' || value === null) return false;
  const {
    id,
    up,
    since,
    address = null,
    protocol = null,
    unreadLines,
    pendingWrites,
    stats,
  } = value as Unknown;
  return (
    typeof id === 'string' &&
    typeof up === 'boolean' &&
    isTime(since) &&
    (address === null || typeof address === 'string') &&
    [1, 2, null].includes(protocol as null) &&
    typeof stats === 'object' &&
    stats !== null &&
    [unreadLines, pendingWrites, ...(Object.values(stats) as unknown[])].every(
      (count) => typeof count === 'number',
    )
  );
}

/** An outage in the answer of `/outages`. In `/clients/ID` it has no id. */
export interface OutageView {
  readonly at: string;
  readonly id: string;
  /** Null while the outage lasts. */
  readonly endedAt: string | null;
  readonly reason: string;
  /** The reason in the client's own words, if it sent one. */
  readonly told?: string;
}

/** Whether this is one: what answers may be anything. */
export function isOutageView(value: unknown): value is OutageView {
  const { at, id, endedAt, reason, told = '' } = value as { readonly [K in keyof OutageView]?: unknown };
  return (
    isTime(at) &&
    (endedAt === null || isTime(endedAt)) &&
    [id, reason, told].every((it) => typeof it === 'string')
  );
}

function isTime(value: unknown): boolean {
  return typeof value === 'string' && !Number.isNaN(Date.parse(value));
}

type Unknown = { readonly [K in keyof ClientView]?: unknown };
