/** The flags of a write, and the run of the sender that made it. */
export interface WriteKind {
  readonly qos: boolean;
  readonly wait: boolean;
  readonly run: number;
}

/** One write, as returned by the ledger. */
export interface Ticket extends WriteKind {
  readonly line: string;
  /** The number of writes before it. */
  readonly place: number;
}

/** One write and its history. Times are counts of the ledger's events. */
export class Entry implements Ticket {
  readonly qos: boolean;
  readonly wait: boolean;
  run: number;
  state: 'pending' | 'resolved' | 'aborted' = 'pending';
  settledAt = Infinity;
  /** Its sender died before it was settled. */
  orphaned = false;
  /** A receiver died after receiving and acking it, before reading it. */
  diedHeld = false;
  /**
   * More than one run of the receiver may read it, because it was unacked when another receiver took over, or
   * unread in a backup, or its sender died before it stored the ack.
   */
  shared = false;
  /**
   * Number of times one run of the receiver may read it: once, and once more for each backup and each change
   * of version at which it was unacked.
   */
  copies = 1;
  readonly deliveredIn: number[] = [];

  constructor(
    readonly line: string,
    readonly place: number,
    kind: WriteKind,
  ) {
    this.qos = kind.qos;
    this.wait = kind.wait;
    this.run = kind.run;
  }

  /** Whether the sender had seen its ack before `time`. Later runs of the receiver must then not get it. */
  ackSeenBefore(time: number): boolean {
    return this.qos && this.state === 'resolved' && this.settledAt < time;
  }

  /** True if the line must arrive: no death or abort allows its loss. */
  get owed(): boolean {
    return this.qos && this.state !== 'aborted';
  }
}

/** The runs of both ends that have ended. */
export interface Deaths {
  readonly senders: ReadonlyMap<number, number>;
  readonly receivers: ReadonlyMap<number, number>;
}

/** The counts of all writes, for the summary of a run. */
export interface LedgerReport {
  readonly written: number;
  readonly qosWritten: number;
  readonly resolved: number;
  readonly aborted: number;
  readonly unsettled: number;
  /** Deliveries, including repeated ones. */
  readonly delivered: number;
  /** Lines that were never delivered, whether a death allows that or not. */
  readonly lost: number;
  /** Part of `lost`: the sender died before the write was settled. */
  readonly lostWithSender: number;
  /** Part of `lost`: a receiver died before reading them. */
  readonly lostWithReceiver: number;
  /** Deliveries after the first, in another run of the receiver. */
  readonly doubled: number;
  /** Identical payloads only: losses that no death explains by itself (PROTOCOL.md, What cannot be had with these frames). */
  readonly ambiguous: number;
  readonly breaches: readonly string[];
}

export type Losses = Pick<
  LedgerReport,
  'lost' | 'lostWithSender' | 'lostWithReceiver' | 'doubled' | 'ambiguous'
>;

/** The rules of the checks. Unique payloads allow much stricter rules than identical ones. */
export interface Rules {
  /** Records a write. */
  wrote(entry: Entry): void;
  /** Returns the breach, if this delivery is one. */
  delivered(line: string, run: number): string | undefined;
  receiverDied(run: number, held: Iterable<string>): void;
  /** Breaches that can be detected only at the end. */
  settle(maxAmbiguous: number): string[];
  losses(): Losses;
}
