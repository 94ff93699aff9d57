/** All limits of the interface, with their reasons. Tests use smaller limits. */
export const LIMITS = {
  /** Outages that are kept for each client. */
  outages: 200,
  /** Events that are kept for streams that reconnect. */
  events: 1000,
  /** Simultaneous streams of events. */
  streams: 32,
  /**
   * A stream for which more bytes wait is ended. Its reader reconnects and gets the events that it missed.
   */
  streamBytes: 256 * 1024,
  /** Each stream gets a comment at this interval, so that a stream whose reader is gone fails. */
  heartbeatMs: 15_000,
  /** Simultaneous sockets. */
  connections: 256,
  /** A request that is not complete within this time is answered with 408. */
  requestMs: 10_000,
  /** Maximum size of a body: a line of 64 KiB with each character escaped. */
  bodyBytes: 512 * 1024,
  /** How long a request waits for the ack of a line by default. */
  ackMs: 10_000,
  longestAckMs: 60_000,
  /** Maximum number of lines to one client that are not acked. More lines are refused. */
  pendingWrites: 1024,
  /** Clients in one answer: by default, and at most. */
  clients: 1000,
  mostClients: 10_000,
  /** Maximum number of waiting alerts. More alerts are dropped. */
  alerts: 100,
  alertAttempts: 5,
  /** Pause before the second attempt. It doubles before each further attempt. */
  alertRetryMs: 1000,
  /** Time limit of a webhook. */
  alertMs: 10_000,
};

export type Limits = typeof LIMITS;
