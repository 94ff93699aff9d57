/** What the proxy counts. */

/** What the shaping of bytes counts, over all links. */
export interface ShapingTally {
  /** Chunks that a delay held. */
  delayed: number;
  /** Writes that had to wait for the rate. */
  limited: number;
  /** Bytes written alone. */
  split: number;
  /** Chunks passed together with the one before. */
  merged: number;
}

/** All that only ever grows. */
export interface Tally extends ShapingTally {
  /** Connections that became links, those that the server refused included. */
  accepted: number;
  /** Links that a cut ended. */
  cuts: number;
  /** Times that a link was put into a stall, in one direction or both; a link that begins stalled counts. */
  stalls: number;
  /** New connections reset by `refuse`. They are in no other number. */
  refusals: number;
  /** Chunks dropped, and their bytes. */
  dropped: number;
  bytesDropped: number;
  /** Bytes handed to the server's sockets, and to the clients': in the tally those of ended links, in the stats of all. */
  bytesToServer: number;
  bytesToClient: number;
}

export function newTally(): Tally {
  return {
    ...{ accepted: 0, bytesToServer: 0, bytesToClient: 0 },
    ...{ cuts: 0, stalls: 0, refusals: 0, dropped: 0, bytesDropped: 0 },
    ...{ delayed: 0, limited: 0, split: 0, merged: 0 },
  };
}

export interface FaultProxyStats extends Readonly<Tally> {
  /** Links that have not ended. */
  readonly links: number;
  /** Bytes read that wait in the proxy now, for a delay, a merge or a limit. */
  readonly queuedBytes: number;
}
