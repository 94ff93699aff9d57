/** What the page knows of each board, and how events change it. Times are ms since 1970, of the server's clock. */
export interface Outage {
  readonly at: number;
  /** Undefined while it goes on. */
  readonly endedAt: number | undefined;
  readonly reason: string;
  readonly told: string | undefined;
}

/** It is replaced when it changes. */
export interface Board {
  readonly id: string;
  readonly up: boolean;
  readonly since: number;
  readonly address: string | undefined;
  readonly roundTripMs: number | undefined;
  readonly repeats: number;
  /** All its outages after this time are known. */
  readonly recordedSince: number;
  /** Of the last hour, in order. */
  readonly outages: readonly Outage[];
}

/** As `/clients` has it. */
export interface ClientJson {
  readonly id: string;
  readonly up: boolean;
  readonly since: string;
  readonly recordedSince: string;
  readonly address: string | null;
  readonly roundTripMs: number | null;
  readonly stats: { readonly retransmitted: number };
}

/** As `/outages` has it. */
export interface OutageJson {
  readonly id: string;
  readonly at: string;
  readonly endedAt: string | null;
  readonly reason: string;
  readonly told?: string;
}

/** The data of an event of the stream. */
export interface EventJson {
  readonly at: string;
  readonly id?: string;
  readonly reason?: string;
  readonly told?: string;
  readonly address?: string;
  readonly code?: string;
  readonly detail?: string;
}

export const HOUR_MS = 3_600_000;

export function boardsOf(clients: readonly ClientJson[], outages: readonly OutageJson[]): Map<string, Board> {
  const byId = new Map<string, Outage[]>();
  for (const outage of outages) {
    const of = byId.get(outage.id) ?? [];
    byId.set(outage.id, of);
    of.push(outageOf(outage));
  }
  return new Map(clients.map((client) => [client.id, boardOf(client, byId.get(client.id) ?? [])]));
}

export function outageOf({ at, endedAt, reason, told }: Omit<OutageJson, 'id'>): Outage {
  return { at: Date.parse(at), endedAt: endedAt === null ? undefined : Date.parse(endedAt), reason, told };
}

function boardOf(client: ClientJson, outages: readonly Outage[]): Board {
  return {
    id: client.id,
    up: client.up,
    since: Date.parse(client.since),
    address: client.address ?? undefined,
    roundTripMs: client.roundTripMs ?? undefined,
    repeats: client.stats.retransmitted,
    recordedSince: Date.parse(client.recordedSince),
    outages,
  };
}

/** False for a board that has not been up since its record began, such as one that only a store knows: it has no outage then. */
export function hasBeenUp({ up, outages }: Board): boolean {
  return up || outages.length > 0;
}

/**
 * Changes the boards by an event. One that the boards have seen already changes nothing: they may have been read after it.
 */
export function applyEvent(boards: Map<string, Board>, type: string, event: EventJson): void {
  const { id, address } = event;
  if (id === undefined) return;
  const at = Date.parse(event.at);
  const board = boards.get(id);
  if (type === 'gone') boards.delete(id);
  else if (type === 'up') {
    if (board !== undefined && board.since > at) return;
    boards.set(id, {
      ...(board ?? unknown(id, at)),
      up: true,
      since: at,
      address,
      outages: ended(board, at),
    });
  } else if (type === 'down') {
    const last = board?.outages.at(-1);
    if (last !== undefined && last.at >= at) return;
    const outage = { at, endedAt: undefined, reason: event.reason ?? '', told: event.told };
    const outages = [...recent(board, at), outage];
    boards.set(id, { ...(board ?? unknown(id, at)), up: false, since: at, outages });
  }
}

function unknown(id: string, at: number): Board {
  return {
    ...{ id, up: false, since: 0, address: undefined, roundTripMs: undefined, repeats: 0 },
    ...{ recordedSince: at, outages: [] },
  };
}

/** Those of the last hour. */
function recent(board: Board | undefined, now: number): readonly Outage[] {
  return board?.outages.filter(({ endedAt }) => (endedAt ?? now) > now - HOUR_MS) ?? [];
}

function ended(board: Board | undefined, at: number): readonly Outage[] {
  return recent(board, at).map((outage) =>
    outage.endedAt === undefined ? { ...outage, endedAt: at } : outage,
  );
}
