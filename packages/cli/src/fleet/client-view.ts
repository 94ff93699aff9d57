/** A client as `/clients` of the admin interface shows it, as far as it is used here. */
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
    typeof since === 'string' &&
    !Number.isNaN(Date.parse(since)) &&
    (address === null || typeof address === 'string') &&
    [1, 2, null].includes(protocol as null) &&
    typeof stats === 'object' &&
    stats !== null &&
    [unreadLines, pendingWrites, ...(Object.values(stats) as unknown[])].every(
      (count) => typeof count === 'number',
    )
  );
}

type Unknown = { readonly [K in keyof ClientView]?: unknown };
