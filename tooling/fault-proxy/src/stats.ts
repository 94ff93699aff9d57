/** What the proxy counts. */

/** What the shaping of bytes counts, over all links. */
export interface ShapingTally {
  delayed: number;
  limited: number;
  split: number;
  merged: number;
}

/** All that only ever grows. `bytesToServer` and `bytesToClient` are those of ended links. */
export interface Tally extends ShapingTally {
  accepted: number;
  cuts: number;
  stalls: number;
  refusals: number;
  dropped: number;
  bytesDropped: number;
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

export interface FaultProxyStats {
  /** Links that have not ended. */
  readonly links: number;
  /** Connections that became links, those that the server refused included. */
  readonly accepted: number;
  /** Bytes handed to the server's sockets, ended links included. */
  readonly bytesToServer: number;
  /** Bytes handed to the clients' sockets, ended links included. */
  readonly bytesToClient: number;
  /** Bytes read that wait in the proxy now, for a delay, a merge or a limit. */
  readonly queuedBytes: number;

  /** Links that a cut ended. */
  readonly cuts: number;
  /** Times that a link was put into a stall, in one direction or both; a link that begins stalled counts. */
  readonly stalls: number;
  /** New connections reset by `refuse`. They are in no other number. */
  readonly refusals: number;
  /** Chunks dropped, and their bytes. */
  readonly dropped: number;
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
