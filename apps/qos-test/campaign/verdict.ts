/**
 * Holds the journals of all runs against the promise. Pure: journals go in; counts, and the evidence of what broke it, come out.
 *
 * Counted per run of the receiver. A line may be lost only if its sender died before the write resolved, or if a
 * receiver died holding it: acked and not yet read. It may never be read twice in one run; in two runs only if its
 * write had not resolved when the later one began (so not when the earlier one died either).
 *
 * A sender with a store may lose a line only if it died before the line was stored. A receiver with a store may lose none,
 * and read a line in two runs only if it is marked as redelivered in the later one, and was not stored as done.
 */
import type { JournalRecord } from './journal.js';

export interface RunOfEnd {
  readonly run: number;
  readonly startedAt: number;
  /** Killed by then; undefined when it was not killed. */
  readonly diedAt: number | undefined;
  readonly records: readonly JournalRecord[];
}

/** One direction. */
export interface Flow {
  readonly written: number;
  readonly acked: number;
  readonly read: number;
  /** Against the promise. */
  readonly lost: number;
  /** Against the promise: again in one run, again in a later run though acked, or never written. */
  readonly doubled: number;
  /** Read in a run after a line that was written later. */
  readonly outOfOrder: number;
  /** What the promise allows, where a process was killed. */
  readonly allowed: {
    /** Lost: the sender died before the write resolved. */
    readonly unresolved: number;
    /** Lost: acked, and not yet read when the receiver died. */
    readonly held: number;
    /** Read in two runs: the first died before the ack got to the sender. */
    readonly twice: number;
    /** Lost: the sender, which has a store, died before the line was stored. */
    readonly unstored: number;
    /** Read in two runs of a receiver that has a store, and marked as redelivered in the later one. */
    readonly redelivered: number;
  };
  /** The lines that broke the promise, or came out of order, up to `MOST_FINDINGS`. */
  readonly findings: readonly string[];
}

/** Enough to find a mistake by. */
const MOST_FINDINGS = 20;

/** What is known of the two ends of a direction. */
export interface Ends {
  /** The sender has a store. */
  readonly sender: boolean;
  /** The receiver has one. */
  readonly receiver: boolean;
  /** The receiver is an original, which may read the very first line again. */
  readonly original: boolean;
}

const WITHOUT_STORES: Ends = { sender: false, receiver: false, original: false };

export const NOTHING_ALLOWED: Flow['allowed'] = {
  unresolved: 0,
  held: 0,
  twice: 0,
  unstored: 0,
  redelivered: 0,
};

/** A line, and where it was read. */
interface Line {
  readonly run: number;
  readonly id: number;
  readonly wroteAt: number;
  resolvedAt: number | undefined;
  /** It is in the sender's store. */
  stored: boolean;
  /** Since when the receiver's store says that it is done. */
  doneAt: number;
  /** One for each time it was read. */
  readonly reads: Read[];
}

interface Read {
  /** The receiver's run. */
  readonly by: number;
  readonly at: number;
  readonly redelivered: boolean;
}

export function verdictOn(
  senders: readonly RunOfEnd[],
  receivers: readonly RunOfEnd[],
  ends: Ends = WITHOUT_STORES,
): Flow {
  return new Verdict(senders, receivers, ends).flow();
}

class Verdict {
  readonly #senders: readonly RunOfEnd[];
  readonly #receivers: readonly RunOfEnd[];
  readonly #ends: Ends;
  /** By the sender's run, then by id. */
  readonly #lines = new Map<number, Map<number, Line>>();
  /** When the last of the lines read in a receiver's run was written, by receiver's and sender's run. */
  readonly #readUpTo = new Map<number, Map<number, number>>();
  readonly #findings: string[] = [];
  #read = 0;
  #lost = 0;
  #doubled = 0;
  #outOfOrder = 0;
  readonly #allowed = { ...NOTHING_ALLOWED };

  constructor(senders: readonly RunOfEnd[], receivers: readonly RunOfEnd[], ends: Ends) {
    this.#senders = senders;
    this.#receivers = receivers;
    this.#ends = ends;
  }

  flow(): Flow {
    for (const sender of this.#senders) this.#takeWrites(sender);
    for (const receiver of this.#receivers) this.#takeReads(receiver);
    this.#takeDone();
    let written = 0;
    let acked = 0;
    for (const sender of this.#senders) {
      for (const line of this.#lines.get(sender.run)!.values()) {
        written += 1;
        if (line.resolvedAt !== undefined) acked += 1;
        if (line.reads.length === 0) this.#checkUnread(line, sender);
        else if (line.reads.length > 1) this.#checkRepeated(line);
      }
    }
    return {
      ...{ written, acked, read: this.#read, lost: this.#lost, doubled: this.#doubled },
      ...{ outOfOrder: this.#outOfOrder, allowed: this.#allowed, findings: this.#findings },
    };
  }

  #takeWrites({ run, records }: RunOfEnd): void {
    const lines = new Map<number, Line>();
    this.#lines.set(run, lines);
    const unread = { resolvedAt: undefined, stored: false, doneAt: Infinity };
    for (const { kind, id, at, run: writer } of records) {
      if (kind === 'wrote') lines.set(id, { run, id, wroteAt: at, ...unread, reads: [] });
      else if (kind === 'resolved') lines.get(id)!.resolvedAt = at;
      // Of an earlier run, where this one has found it in the store.
      else if (kind === 'stored') this.#lines.get(writer)!.get(id)!.stored = true;
    }
  }

  #takeDone(): void {
    const records = this.#receivers.flatMap((receiver) => receiver.records);
    const came = new Map(
      records.filter(({ kind }) => kind === 'came').map((record) => [record.place, record]),
    );
    for (const { kind, place, at } of records) {
      const record = kind === 'done' ? came.get(place) : undefined;
      const line = record && this.#lines.get(record.run)?.get(record.id);
      if (line !== undefined) line.doneAt = Math.min(line.doneAt, at);
    }
  }

  #takeReads({ run: reader, records }: RunOfEnd): void {
    const readUpTo = new Map<number, number>();
    this.#readUpTo.set(reader, readUpTo);
    let newest: { readonly run: number; readonly id: number } = { run: 0, id: -1 };
    for (const { kind, run, id, at } of records) {
      if (kind !== 'read' && kind !== 'redelivered' && kind !== 'nonsense') continue;
      this.#read += 1;
      const line = kind === 'nonsense' ? undefined : this.#lines.get(run)?.get(id);
      if (line === undefined) {
        this.#doubled += 1;
        this.#find(`run ${reader} of the receiver read at ${us(at)} what was never written (${run}:${id})`);
        continue;
      }
      const again = line.reads.some(({ by }) => by === reader);
      line.reads.push({ by: reader, at, redelivered: kind === 'redelivered' });
      readUpTo.set(run, Math.max(readUpTo.get(run) ?? 0, line.wroteAt));
      if (run > newest.run || (run === newest.run && id > newest.id)) newest = { run, id };
      else if (!again) {
        this.#outOfOrder += 1;
        this.#find(
          `out of order: ${shown(line)}, read at ${us(at)} after line ${newest.id} of run ${newest.run}`,
        );
      }
    }
  }

  #checkUnread(line: Line, sender: RunOfEnd): void {
    const { resolvedAt } = line;
    const { sender: senderHasStore, receiver: receiverHasStore } = this.#ends;
    if (resolvedAt === undefined && sender.diedAt !== undefined && !line.stored) {
      this.#allowed[senderHasStore ? 'unstored' : 'unresolved'] += 1;
    } else if (
      resolvedAt !== undefined &&
      !receiverHasStore &&
      this.#receivers.some((it) => mayHold(it, line, this.#readUpTo))
    ) {
      this.#allowed.held += 1;
    } else {
      this.#lost += 1;
      this.#find(`lost: ${shown(line)}`);
    }
  }

  #checkRepeated(line: Line): void {
    const { reads } = line;
    reads.forEach((read, n) => {
      if (n === 0) return;
      const inOneRun = reads.slice(0, n).some(({ by }) => by === read.by);
      if (this.#ends.original && line.run === 1 && line.id === 0) return;
      if (!inOneRun && this.#mayComeAgain(line, read)) {
        this.#allowed[this.#ends.receiver ? 'redelivered' : 'twice'] += 1;
        return;
      }
      this.#doubled += 1;
      const readers = reads.map(({ by, redelivered }) => `${by}${redelivered ? ' (redelivered)' : ''}`);
      this.#find(`doubled: ${shown(line)}; runs of the receiver that read it: ${readers.join(', ')}`);
    });
  }

  /** A line may come again in a later run of the receiver. */
  #mayComeAgain({ resolvedAt, doneAt }: Line, { by, at, redelivered }: Read): boolean {
    if (this.#ends.receiver) return redelivered && doneAt > at;
    const { startedAt } = this.#receivers.find(({ run }) => run === by)!;
    return resolvedAt === undefined || resolvedAt > startedAt;
  }

  #find(what: string): void {
    if (this.#findings.length < MOST_FINDINGS) this.#findings.push(what);
  }
}

/**
 * Whether this receiver may have died with the line unread: it lived at the time, and read nothing that was written
 * after the ack, since lines are read in the order in which they come.
 */
function mayHold(
  { run, startedAt, diedAt }: RunOfEnd,
  line: Line,
  readUpTo: ReadonlyMap<number, ReadonlyMap<number, number>>,
): boolean {
  const { wroteAt, resolvedAt } = line;
  if (diedAt === undefined || resolvedAt === undefined || startedAt > resolvedAt || wroteAt > diedAt)
    return false;
  return (readUpTo.get(run)?.get(line.run) ?? 0) <= resolvedAt;
}

function shown({ run, id, wroteAt, resolvedAt }: Line): string {
  const resolved = resolvedAt === undefined ? 'never resolved' : `resolved at ${us(resolvedAt)}`;
  return `line ${id} of run ${run} of the sender, written at ${us(wroteAt)}, ${resolved}`;
}

function us(at: number): string {
  return `${(at / 1e6).toFixed(6)} s`;
}
