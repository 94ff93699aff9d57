/** What the proxy counts. But for `links` and `queuedBytes` all only ever grows. */
export interface FaultProxyStats {
  /** Links that have not ended. */
  readonly links: number;
  /** Connections that became links, those that the server refused included. */
  readonly accepted: number;
  /** Bytes handed to the sockets to the server, by all links that there were. */
  readonly bytesToServer: number;
  /** Bytes handed to the sockets of clients, by all links that there were. */
  readonly bytesToClient: number;
  /** Bytes read that wait in the proxy now, for a delay, a merge or a limit. */
  readonly queuedBytes: number;
  /** Links that a cut ended. */
  readonly cuts: number;
  /** Times that a link was put into a stall, in one direction or both; a link that begins stalled counts. */
  readonly stalls: number;
  /** New connections reset by `refuse`. They are in no other number. */
  readonly refusals: number;
  /** Chunks that `dropNext` made disappear. */
  readonly dropped: number;
  /** The bytes of these chunks. */
  readonly bytesDropped: number;
  /** Chunks that a delay held. */
  readonly delayed: number;
  /** Writes that had to wait for the rate. */
  readonly limited: number;
  /** Bytes written alone. */
  readonly split: number;
  /** Chunks passed together with the one before. */
  readonly merged: number;
}

type Counts<K extends keyof FaultProxyStats> = { -readonly [Name in K]: number };

/** What the shaping of bytes counts, over all links. */
export type ShapingTally = Counts<'delayed' | 'limited' | 'split' | 'merged'>;

/** What is counted as it happens. The bytes are those of ended links. */
export type Tally = Counts<Exclude<keyof FaultProxyStats, 'links' | 'queuedBytes'>>;

export function newTally(): Tally {
  return {
    ...{ accepted: 0, bytesToServer: 0, bytesToClient: 0 },
    ...{ cuts: 0, stalls: 0, refusals: 0, dropped: 0, bytesDropped: 0 },
    ...{ delayed: 0, limited: 0, split: 0, merged: 0 },
  };
}
