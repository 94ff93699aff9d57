/** The limits of an exploration. Counts apply to the whole history of a state. */
export interface Bound {
  /** Lines that the client writes, and lines that the server writes. */
  readonly linesUp: number;
  readonly linesDown: number;
  /** Connections that the client makes. */
  readonly links: number;
  /**
   * Number of links that the network breaks. Consequences of a break, such as the end that the other side
   * sees, are not limited.
   */
  readonly cuts: number;
  /** True: a link may also break without notifying an end. */
  readonly silent: boolean;
  /**
   * Number of links on which the bytes that decide the version (protocols.ts) may arrive after the client has
   * stopped waiting. The network may then break these links, in addition to `cuts`.
   */
  readonly late: number;
  /** Number of writes to the transport that do not arrive although later writes do. */
  readonly vanish: number;
  /** Number of processes that die and are restarted, of both ends together; and which ends may die. */
  readonly restarts: number;
  readonly restartsOf: 'client' | 'server' | 'either';
  /**
   * The ends whose sessions are stored. An append is pending until an action completes it. A process may die
   * before that; the append may then have happened or not. Time does not pass while an append is pending.
   */
  readonly stored: 'none' | 'client' | 'server' | 'both';
  /** Every second process of the server speaks version 1 only. */
  readonly oldServers: boolean;
  /**
   * Number of times another process, which writes nothing, uses the client's id. Afterwards the client comes
   * back unchanged.
   */
  readonly visits: number;
  /** Number of times the client is reset to an earlier state between two links, after all of its writes. */
  readonly restores: number;
  /** Number of writes that are withdrawn. */
  readonly giveUps: number;
  /** The flag `wait` of all writes. */
  readonly wait: boolean;
  /** This number of lines at the start of each direction are written with `qos: false`. */
  readonly unsafe: number;
  /** All lines of a direction have the same text. */
  readonly sameText: boolean;
  readonly ackWhen: 'received' | 'read';
  /**
   * True: reading a line is a separate action, as with `ackWhen: 'read'`. False: lines are read on arrival.
   */
  readonly readLater: boolean;
  /** `maxUnreadLines` of both ends. */
  readonly maxUnread: number;
  /** True: a chunk may also be delivered only up to its first newline. */
  readonly split: boolean;
  /**
   * Time in which only keepalives are exchanged, in timeouts. A state beyond it is healed, and not explored
   * further.
   */
  readonly quiet: number;
  /** How long a chunk may be on its way, in timeouts. */
  readonly delay: number;
  /** Time does not pass while this many chunks are on their way in one direction of a link. */
  readonly flight: number;
  /** Number of resolved lines of a direction that may be lost: see the limits of each protocol. */
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

/** Whether the session of this end is stored. */
export function isStored({ stored }: Bound, side: 'client' | 'server'): boolean {
  return stored === 'both' || stored === side;
}
