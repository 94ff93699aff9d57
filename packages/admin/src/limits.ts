/** Every bound of the interface, with its reason. Tests use smaller ones. */
export const LIMITS = {
  /** Outages that are kept for each client. */
  outages: 200,
  /** Events that a stream which comes back can still get. */
  events: 1000,
  /** Streams of events at a time. */
  streams: 32,
  /** A stream for which more bytes wait is ended: it comes back, and gets what it has missed. */
  streamBytes: 256 * 1024,
  /** A comment goes to each stream in this time: a stream whose reader is gone fails then. */
  heartbeatMs: 15_000,
  /** Sockets at a time. */
  connections: 256,
  /** A request has come as a whole within this time, or is answered with 408. */
  requestMs: 10_000,
  /** A body: the longest line of 64 KiB, with each character escaped. */
  bodyBytes: 512 * 1024,
  /** For how long a line waits for its ack when the request does not say. */
  ackMs: 10_000,
  longestAckMs: 60_000,
  /** Lines of one client that are not acked; beyond it, lines are refused. */
  pendingWrites: 1024,
  /** Clients in one answer when the request does not say, and at most. */
  clients: 1000,
  mostClients: 10_000,
  /** Alerts on their way; beyond it new ones are dropped. */
  alerts: 100,
  alertAttempts: 5,
  /** Before the second attempt; twice as long before each further one. */
  alertRetryMs: 1000,
  /** For how long a webhook may take. */
  alertMs: 10_000,
};

export type Limits = typeof LIMITS;
