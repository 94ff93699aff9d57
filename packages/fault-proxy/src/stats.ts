/** The counters of the proxy. All except `links` and `queuedBytes` only increase. */
export interface FaultProxyStats {
  /** Links that have not ended. */
  readonly links: number;
  /** Connections that became links, including those that the server refused. */
  readonly accepted: number;
  /** Bytes written to the sockets to the server, by all links so far. */
  readonly bytesToServer: number;
  /** Bytes written to the sockets of clients, by all links so far. */
  readonly bytesToClient: number;
  /** Bytes that wait in the proxy now, because of a delay, a merge or a limit. */
  readonly queuedBytes: number;
  /** Links that a cut ended. */
  readonly cuts: number;
  /**
   * Number of times a link was stalled, in one direction or both, including links that are stalled from their
   * beginning.
   */
  readonly stalls: number;
  /** New connections reset by `refuse`. No other counter includes them. */
  readonly refusals: number;
  /** Chunks that `dropNext` dropped. */
  readonly dropped: number;
  /** The bytes of these chunks. */
  readonly bytesDropped: number;
  /** Chunks that a delay held. */
  readonly delayed: number;
  /** Writes that had to wait for the rate. */
  readonly limited: number;
  /** Bytes written separately by a split. */
  readonly split: number;
  /** Chunks joined to the previous chunk by a merge. */
  readonly merged: number;
}

type Counts<K extends keyof FaultProxyStats> = { -readonly [Name in K]: number };

/** The counters of the shapers, over all links. */
export type ShapingTally = Counts<'delayed' | 'limited' | 'split' | 'merged'>;

/** The counters that are updated as events happen. The byte counters contain ended links only. */
export type Tally = Counts<Exclude<keyof FaultProxyStats, 'links' | 'queuedBytes'>>;

export function newTally(): Tally {
  return {
    ...{ accepted: 0, bytesToServer: 0, bytesToClient: 0 },
    ...{ cuts: 0, stalls: 0, refusals: 0, dropped: 0, bytesDropped: 0 },
    ...{ delayed: 0, limited: 0, split: 0, merged: 0 },
  };
}
