/** How far an exploration goes. What is counted is counted over the whole history of a state. */
export interface Bound {
  /** Lines that the client writes, and lines that the server writes. */
  readonly linesUp: number;
  readonly linesDown: number;
  /** Connections that the client makes. */
  readonly links: number;
  /** Links that the network breaks. What follows from the break, as the end that the other side sees, is free. */
  readonly cuts: number;
  /** A link may also break without notice to an end. */
  readonly silent: boolean;
  /**
   * Links on which what decides the version (protocols.ts) may come only after the client has waited for it. The network
   * may break these links after that, besides `cuts`.
   */
  readonly late: number;
  /** Single writes to the transport that do not arrive, though what follows them does. */
  readonly vanish: number;
  /** Processes that die and are started again, of both ends together, and which end they may be of. */
  readonly restarts: number;
  readonly restartsOf: 'client' | 'server' | 'either';
  /**
   * The ends whose sessions outlive their processes. An append is in flight until it is answered, which is an action of its
   * own; a process may die before that, and the append has happened or has not. Time does not pass in between.
   */
  readonly stored: 'none' | 'client' | 'server' | 'both';
  /** Every second process of the server speaks version 1 only. */
  readonly oldServers: boolean;
  /** Times that another process, which writes nothing, has the id of the client. Then the client comes back as it was. */
  readonly visits: number;
  /** Times that the client is put back to how it was between two links, after all of its writes. */
  readonly restores: number;
  /** Writes that are withdrawn. */
  readonly giveUps: number;
  /** The flag `wait` of all writes. */
  readonly wait: boolean;
  /** As many first lines of each direction are written with `qos: false`. */
  readonly unsafe: number;
  /** All lines of a direction have the same text. */
  readonly sameText: boolean;
  readonly ackWhen: 'received' | 'read';
  /** Reading a line is an action of its own, as it is with `ackWhen` `read`. Else lines are read as they come. */
  readonly readLater: boolean;
  /** `maxUnreadLines` of both ends. */
  readonly maxUnread: number;
  /** A chunk may also be delivered up to its first newline only. */
  readonly split: boolean;
  /** Time that passes with nothing but keepalives; in timeouts. Beyond it a state is healed, and not explored. */
  readonly quiet: number;
  /** How long a chunk may be on its way, in timeouts. */
  readonly delay: number;
  /** Time does not pass while this many chunks are on their way in one direction of a link. */
  readonly flight: number;
  /** Resolved lines of a direction that may be missing: see the allowances of each protocol. */
  readonly mayLose: number;
  /** Of version 2: a client that has carried messages of version 1 offers version 2 again after this many links. */
  readonly linksBetweenOffers: number;
}

export const SMALLEST: Bound = {
  linesUp: 0,
  linesDown: 0,
  links: 1,
  cuts: 0,
  silent: true,
  late: 0,
  vanish: 0,
  restarts: 0,
  restartsOf: 'either',
  stored: 'none',
  oldServers: false,
  visits: 0,
  restores: 0,
  giveUps: 0,
  wait: true,
  unsafe: 0,
  sameText: false,
  ackWhen: 'received',
  readLater: false,
  maxUnread: 256,
  split: false,
  quiet: 1.25,
  delay: 0,
  flight: 4,
  mayLose: 0,
  linksBetweenOffers: 10,
};

/** Whether the session of this end outlives its processes. */
export function isStored({ stored }: Bound, side: 'client' | 'server'): boolean {
  return stored === 'both' || stored === side;
}
