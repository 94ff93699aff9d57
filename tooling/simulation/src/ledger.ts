import { Entry, type LedgerReport, type Rules, type Ticket, type WriteKind } from './ledger-entry.js';
import { IdenticalRules } from './ledger-identical.js';
import { UniqueRules } from './ledger-unique.js';
import type { Trace } from './trace.js';

/** Thrown when the promise was broken. The message describes each breach in one line. */
export class LedgerError extends Error {
  override readonly name = 'LedgerError';

  constructor(
    readonly breaches: readonly string[],
    /** The events before it, which `runSeeds` prints. */
    readonly trace: Trace | undefined,
  ) {
    const shown = breaches.slice(0, 10).join('\n');
    super(breaches.length > 10 ? `${shown}\n… and ${breaches.length - 10} more` : shown);
  }
}

export interface LedgerOptions {
  /** Whether lines have different texts. Default `unique`. */
  readonly payloads?: 'unique' | 'identical';
  /**
   * Maximum number of runs of the receiver that read at the same time, for processes that take turns. Default
   * 1.
   */
  readonly receivers?: number;
  /** Attached to the error that `check` throws. */
  readonly trace?: Trace;
}

/**
 * Checks the promise for one direction. It records the writes, the deliveries, and the deaths of both ends.
 *
 * Within one run of both ends a qos line arrives exactly once, and in order with `wait`. A sender that dies
 * may lose lines whose writes had not resolved. A receiver that dies may lose lines acked but not yet read,
 * and its next run may receive again a line whose ack was lost. Any other loss or repetition is a breach.
 *
 * Processes that take turns, and ends that are restored from a backup, can be checked only with unique
 * payloads. Of two receivers, each may read a line at most once, and both may read it only if it was unacked
 * at the change.
 *
 * A breach is recorded when it happens (see `firstBreach`, for a run that must stop there), and thrown by
 * `check`. A write that was rejected because its connection was closed counts as aborted: it may have
 * arrived, once.
 */
export class Ledger {
  readonly #entries: Entry[] = [];
  readonly #senderDeaths = new Map<number, number>();
  readonly #receiverDeaths = new Map<number, number>();
  readonly #breaches: string[] = [];
  readonly #rules: Rules;
  readonly #trace: Trace | undefined;
  readonly #receivers: number;
  readonly #reading = new Set<number>();
  #time = 0;
  #delivered = 0;

  constructor({ payloads = 'unique', receivers = 1, trace }: LedgerOptions = {}) {
    this.#trace = trace;
    this.#receivers = receivers;
    const deaths = { senders: this.#senderDeaths, receivers: this.#receiverDeaths };
    this.#rules = payloads === 'unique' ? new UniqueRules(this.#entries, deaths) : new IdenticalRules(deaths);
  }

  /** The first breach. Some breaches are detected only by `check`. */
  get firstBreach(): string | undefined {
    return this.#breaches[0];
  }

  /**
   * Records a write. With unique payloads, throws if the line was written before, which is a mistake in the
   * test.
   */
  written(line: string, kind: WriteKind): Ticket {
    if (this.#senderDeaths.has(kind.run)) throw new Error(`sender run ${kind.run} is over and cannot write`);
    this.#time += 1;
    const entry = new Entry(line, this.#entries.length, kind);
    this.#rules.wrote(entry);
    this.#entries.push(entry);
    return entry;
  }

  /** The write has resolved at the sender: the line is acked or, without qos, was passed to the socket. */
  resolved(ticket: Ticket): void {
    this.#settle(ticket, 'resolved');
  }

  /** The write was withdrawn or rejected: it may still arrive, once. */
  aborted(ticket: Ticket): void {
    this.#settle(ticket, 'aborted');
  }

  /** The application of this run of the receiver has read the line. */
  delivered(line: string, receiverRun: number): void {
    this.#time += 1;
    if (this.#receiverDeaths.has(receiverRun)) {
      throw new Error(`receiver run ${receiverRun} is over and cannot read`);
    }
    this.#reading.add(receiverRun);
    if (this.#reading.size > this.#receivers) {
      throw new Error(`receiver run ${[...this.#reading][0]} was never reported dead`);
    }
    this.#delivered += 1;
    const breach = this.#rules.delivered(line, receiverRun);
    if (breach !== undefined) this.#breaches.push(breach);
  }

  /** The sender died. Lines whose writes had not settled may be lost. */
  senderDied(run: number): void {
    this.#time += 1;
    if (this.#senderDeaths.has(run)) return;
    this.#senderDeaths.set(run, this.#time);
    for (const entry of this.#entries) {
      if (entry.run === run && entry.state === 'pending') entry.orphaned = true;
    }
  }

  /** The receiver died. `heldLines`: received and acked, but not read; they are lost. */
  receiverDied(run: number, heldLines: Iterable<string> = []): void {
    this.#time += 1;
    if (this.#receiverDeaths.has(run)) return;
    this.#receiverDeaths.set(run, this.#time);
    this.#reading.delete(run);
    this.#rules.receiverDied(run, heldLines);
  }

  /** Another receiver takes over, while the previous one keeps running. Both may get the unacked lines. */
  handedOver(): void {
    for (const entry of this.#entries) if (entry.state !== 'resolved') entry.shared = true;
  }

  /**
   * An end continues in another version of the protocol: unacked lines may be delivered once more, also to
   * the same run of the receiver.
   */
  mayComeAgain(): void {
    for (const entry of this.#entries) if (entry.state !== 'resolved') entry.copies += 1;
  }

  /**
   * The lines that a backup of this run of the sender may contain now: lines that are unacked, or were
   * unacked in its last backup.
   */
  unacked(run: number): Ticket[] {
    return this.#entries.filter(
      (entry) => entry.run === run && (entry.state !== 'resolved' || entry.copies > 1),
    );
  }

  /**
   * A sender that died continues as `run`, from a backup with these lines. Each line may be delivered once
   * more. Returns how many of them must be delivered, because their writes had not settled when the sender
   * died.
   */
  senderRestored(run: number, lines: readonly Ticket[]): number {
    const entries = lines.map(({ place }) => this.#entries[place]).filter((entry) => entry !== undefined);
    for (const entry of entries) {
      entry.copies += 1;
      entry.run = run;
      entry.orphaned = false;
    }
    return entries.filter((entry) => entry.state === 'pending').length;
  }

  /**
   * A sender that died continues, and this line is pending in what it had stored. If the sender had seen the ack of the line
   * and died before it stored that, it sends the line again: a later run of the receiver then reads it again.
   */
  stillPending({ place }: Ticket): void {
    const entry = this.#entries[place];
    if (entry?.state === 'resolved') entry.shared = true;
  }

  /**
   * A receiver continues from a backup in which these lines were unread. It reads them, although an earlier
   * run may have read them.
   */
  receiverRestored(unread: Iterable<string>): void {
    const lines = new Set(unread);
    for (const entry of this.#entries) if (lines.has(entry.line)) entry.shared = true;
  }

  /**
   * Call when the world has been healed and all lines have been read. Throws a `LedgerError` if the promise
   * was broken. `maxAmbiguous` is the maximum number of lost identical payloads that only a reboot with the
   * same bytes explains.
   */
  check({ maxAmbiguous = 0 }: { readonly maxAmbiguous?: number } = {}): void {
    const breaches = [...this.#breaches, ...this.#unsettled().map(describeUnsettled)];
    breaches.push(...this.#rules.settle(maxAmbiguous));
    if (breaches.length > 0) throw new LedgerError(breaches, this.#trace);
  }

  report(): LedgerReport {
    const count = (holds: (entry: Entry) => boolean) => this.#entries.filter(holds).length;
    return {
      written: this.#entries.length,
      qosWritten: count((entry) => entry.qos),
      resolved: count((entry) => entry.state === 'resolved'),
      aborted: count((entry) => entry.state === 'aborted'),
      unsettled: this.#unsettled().length,
      delivered: this.#delivered,
      ...this.#rules.losses(),
      breaches: [...this.#breaches],
    };
  }

  #settle(ticket: Ticket, state: 'resolved' | 'aborted'): void {
    this.#time += 1;
    const entry = this.#entries[ticket.place];
    if (entry === undefined || entry !== ticket)
      throw new Error(`"${ticket.line}" is no ticket of this ledger`);
    if (entry.state !== 'pending') {
      this.#breaches.push(`the write of "${entry.line}" was ${state} after it had been ${entry.state}`);
      return;
    }
    if (entry.orphaned) {
      this.#breaches.push(
        `the write of "${entry.line}" was ${state} after sender run ${entry.run} had ended`,
      );
      return;
    }
    entry.state = state;
    entry.settledAt = this.#time;
  }

  #unsettled(): Entry[] {
    return this.#entries.filter((entry) => entry.state === 'pending' && !entry.orphaned);
  }
}

function describeUnsettled({ line, run, qos }: Entry): string {
  return `the write of "${line}" (${qos ? 'qos' : 'no qos'}, sender run ${run}) was never settled`;
}
