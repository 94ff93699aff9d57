/**
 * Holds the journals of all lives against the promise. Pure: journals go in; counts, and the evidence of what broke it, come out.
 *
 * Counted per life of the receiver. A line may be lost only if its sender died before the write resolved, or if a
 * receiver died holding it: acked and not yet read. It may never be read twice in one life; in two lives only if its
 * write had not resolved when the later one began (so not when the earlier one died either).
 */
import type { JournalRecord } from './journal.js';

export interface LifeOfEnd {
  readonly life: number;
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
  /** Against the promise: again in one life, again in a later life though acked, or never written. */
  readonly doubled: number;
  /** Read in a life after a line that was written later. */
  readonly outOfOrder: number;
  /** What the promise allows, where a process was killed. */
  readonly allowed: {
    /** Lost: the sender died before the write resolved. */
    readonly unresolved: number;
    /** Lost: acked, and not yet read when the receiver died. */
    readonly held: number;
    /** Read in two lives: the first died before the ack got to the sender. */
    readonly twice: number;
  };
  /** The lines that broke the promise, or came out of order, up to `MOST_FINDINGS`. */
  readonly findings: readonly string[];
}

/** Enough to find a mistake by. */
const MOST_FINDINGS = 20;

/** A line, and where it was read. */
interface Line {
  readonly life: number;
  readonly id: number;
  readonly wroteAt: number;
  resolvedAt: number | undefined;
  /** The receiver's lives, one for each time it was read. */
  readonly readIn: number[];
}

export function judge(senders: readonly LifeOfEnd[], receivers: readonly LifeOfEnd[]): Flow {
  return new Judgement(senders, receivers).flow();
}

class Judgement {
  readonly #senders: readonly LifeOfEnd[];
  readonly #receivers: readonly LifeOfEnd[];
  /** By the sender's life, then by id. */
  readonly #lines = new Map<number, Map<number, Line>>();
  /** When the last of the lines read in a receiver's life was written, by receiver's and sender's life. */
  readonly #readUpTo = new Map<number, Map<number, number>>();
  readonly #findings: string[] = [];
  #read = 0;
  #lost = 0;
  #doubled = 0;
  #outOfOrder = 0;
  readonly #allowed = { unresolved: 0, held: 0, twice: 0 };

  constructor(senders: readonly LifeOfEnd[], receivers: readonly LifeOfEnd[]) {
    this.#senders = senders;
    this.#receivers = receivers;
  }

  flow(): Flow {
    for (const sender of this.#senders) this.#takeWrites(sender);
    for (const receiver of this.#receivers) this.#takeReads(receiver);
    let written = 0;
    let acked = 0;
    for (const sender of this.#senders) {
      for (const line of this.#lines.get(sender.life)!.values()) {
        written += 1;
        if (line.resolvedAt !== undefined) acked += 1;
        if (line.readIn.length === 0) this.#judgeUnread(line, sender);
        else if (line.readIn.length > 1) this.#judgeRepeated(line);
      }
    }
    return {
      ...{ written, acked, read: this.#read, lost: this.#lost, doubled: this.#doubled },
      ...{ outOfOrder: this.#outOfOrder, allowed: this.#allowed, findings: this.#findings },
    };
  }

  #takeWrites({ life, records }: LifeOfEnd): void {
    const lines = new Map<number, Line>();
    this.#lines.set(life, lines);
    for (const { kind, id, at } of records) {
      if (kind === 'wrote') lines.set(id, { life, id, wroteAt: at, resolvedAt: undefined, readIn: [] });
      else if (kind === 'resolved') lines.get(id)!.resolvedAt = at;
    }
  }

  #takeReads({ life: reader, records }: LifeOfEnd): void {
    const readUpTo = new Map<number, number>();
    this.#readUpTo.set(reader, readUpTo);
    let newest: { readonly life: number; readonly id: number } = { life: 0, id: -1 };
    for (const { kind, life, id, at } of records) {
      if (kind !== 'read' && kind !== 'nonsense') continue;
      this.#read += 1;
      const line = kind === 'read' ? this.#lines.get(life)?.get(id) : undefined;
      if (line === undefined) {
        this.#doubled += 1;
        this.#find(`life ${reader} of the receiver read at ${us(at)} what was never written (${life}:${id})`);
        continue;
      }
      const again = line.readIn.includes(reader);
      line.readIn.push(reader);
      readUpTo.set(life, Math.max(readUpTo.get(life) ?? 0, line.wroteAt));
      if (life > newest.life || (life === newest.life && id > newest.id)) newest = { life, id };
      else if (!again) {
        this.#outOfOrder += 1;
        this.#find(
          `out of order: ${shown(line)}, read at ${us(at)} after line ${newest.id} of life ${newest.life}`,
        );
      }
    }
  }

  #judgeUnread(line: Line, sender: LifeOfEnd): void {
    const { resolvedAt } = line;
    if (resolvedAt === undefined && sender.diedAt !== undefined) {
      this.#allowed.unresolved += 1;
    } else if (resolvedAt !== undefined && this.#receivers.some((it) => mayHold(it, line, this.#readUpTo))) {
      this.#allowed.held += 1;
    } else {
      this.#lost += 1;
      this.#find(`lost: ${shown(line)}`);
    }
  }

  #judgeRepeated(line: Line): void {
    line.readIn.forEach((reader, n) => {
      const before = line.readIn.slice(0, n);
      if (before.length === 0) return;
      const { startedAt } = this.#receivers.find(({ life }) => life === reader)!;
      const unresolved = line.resolvedAt === undefined || line.resolvedAt > startedAt;
      if (!before.includes(reader) && unresolved) {
        this.#allowed.twice += 1;
        return;
      }
      this.#doubled += 1;
      this.#find(`doubled: ${shown(line)}; lives of the receiver that read it: ${line.readIn.join(', ')}`);
    });
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
  { life, startedAt, diedAt }: LifeOfEnd,
  line: Line,
  readUpTo: ReadonlyMap<number, ReadonlyMap<number, number>>,
): boolean {
  const { wroteAt, resolvedAt } = line;
  if (diedAt === undefined || resolvedAt === undefined || startedAt > resolvedAt || wroteAt > diedAt)
    return false;
  return (readUpTo.get(life)?.get(line.life) ?? 0) <= resolvedAt;
}

function shown({ life, id, wroteAt, resolvedAt }: Line): string {
  const resolved = resolvedAt === undefined ? 'never resolved' : `resolved at ${us(resolvedAt)}`;
  return `line ${id} of life ${life} of the sender, written at ${us(wroteAt)}, ${resolved}`;
}

function us(at: number): string {
  return `${(at / 1e6).toFixed(6)} s`;
}
