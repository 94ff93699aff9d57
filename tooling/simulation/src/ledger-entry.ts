/** What a write was asked to be, and which run of the sender asked for it. */
export interface WriteKind {
  readonly qos: boolean;
  readonly wait: boolean;
  readonly run: number;
}

/** One write, as the ledger handed it out. */
export interface Ticket extends WriteKind {
  readonly line: string;
  /** How many writes came before it. */
  readonly place: number;
}

/** One write and everything that became of it. Times are the ledger's own count of what it was told. */
export class Entry implements Ticket {
  readonly qos: boolean;
  readonly wait: boolean;
  run: number;
  state: 'pending' | 'resolved' | 'aborted' = 'pending';
  settledAt = Infinity;
  /** Its sender died before it was settled. */
  orphaned = false;
  /** A receiver died that had received and acked it, but not read it. */
  diedHeld = false;
  /** More than one run of the receiver may read it: it was unacked when another took over, or unread in a backup. */
  shared = false;
  /** How often one run of the receiver may read it: once, and once more for each backup and change of version at which it was unacked. */
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

  /** The sender has seen its ack: no later run of the receiver may be sent it again. */
  ackSeenBefore(time: number): boolean {
    return this.qos && this.state === 'resolved' && this.settledAt < time;
  }

  /** It had to arrive: nothing allows that it is lost. */
  get owed(): boolean {
    return this.qos && this.state !== 'aborted';
  }
}

/** The runs of the two ends, as far as they have ended. */
export interface Deaths {
  readonly senders: ReadonlyMap<number, number>;
  readonly receivers: ReadonlyMap<number, number>;
}

/** What became of everything, for a run's summary. */
export interface LedgerReport {
  readonly written: number;
  readonly qosWritten: number;
  readonly resolved: number;
  readonly aborted: number;
  readonly unsettled: number;
  /** Deliveries, repeated ones too. */
  readonly delivered: number;
  /** Lines that were owed and never delivered, excused or not. */
  readonly lost: number;
  /** Of those: the sender died before the write was settled. */
  readonly lostWithSender: number;
  /** Of those: a receiver died holding them. */
  readonly lostWithReceiver: number;
  /** Deliveries beyond the first, in another run of the receiver. */
  readonly doubled: number;
  /** Identical payloads only: losses that no death explains by itself (PROTOCOL.md, What cannot be had with these frames). */
  readonly ambiguous: number;
  readonly breaches: readonly string[];
}

export type Losses = Pick<
  LedgerReport,
  'lost' | 'lostWithSender' | 'lostWithReceiver' | 'doubled' | 'ambiguous'
>;

/** How the promise is checked; payloads that can be told apart allow much sharper rules than identical ones. */
export interface Rules {
  /** A write was made. */
  wrote(entry: Entry): void;
  /** Returns the breach, if this delivery is one. */
  delivered(line: string, run: number): string | undefined;
  receiverDied(run: number, held: Iterable<string>): void;
  /** Breaches that only show once everything has settled. */
  settle(maxAmbiguous: number): string[];
  losses(): Losses;
}
