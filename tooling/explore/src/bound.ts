/** How far an exploration goes. What is counted is counted over the whole history of a state. */
export interface Bound {
  /** Lines that the client writes, and lines that the server writes. */
  readonly linesUp: number;
  readonly linesDown: number;
  /** Connections that the client makes. */
  readonly links: number;
  /** Links that the network breaks. What follows from the break, as the end that the other side sees, is free. */
  readonly cuts: number;
  /** Processes that die and are started again, of both ends together, and which end they may be of. */
  readonly restarts: number;
  readonly restartsOf: 'client' | 'server' | 'either';
  /** Writes that are withdrawn. */
  readonly giveUps: number;
  /** The flag `wait` of all writes. */
  readonly wait: boolean;
  /** All lines of a direction have the same text. */
  readonly sameText: boolean;
  /** `read`: reading a line is an action of its own. `received`: lines are read as they come. */
  readonly ackWhen: 'received' | 'read';
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
}

export const SMALLEST: Bound = {
  linesUp: 0,
  linesDown: 0,
  links: 1,
  cuts: 0,
  restarts: 0,
  restartsOf: 'either',
  giveUps: 0,
  wait: true,
  sameText: false,
  ackWhen: 'received',
  maxUnread: 256,
  split: false,
  quiet: 1.25,
  delay: 0,
  flight: 4,
  mayLose: 0,
};
