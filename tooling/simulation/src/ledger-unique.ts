import type { Deaths, Entry, Losses, Rules } from './ledger-entry.js';

/** The rules for payloads that are all different: each delivery belongs to exactly one write. */
export class UniqueRules implements Rules {
  readonly #entries: readonly Entry[];
  readonly #deaths: Deaths;
  readonly #byLine = new Map<string, Entry>();
  /** Deliveries in order, a list for each run of the receiver. */
  readonly #order = new Map<number, Entry[]>();

  constructor(entries: readonly Entry[], deaths: Deaths) {
    this.#entries = entries;
    this.#deaths = deaths;
  }

  wrote(entry: Entry): void {
    if (this.#byLine.has(entry.line)) {
      throw new Error(`"${entry.line}" was written before: use the ledger for identical payloads`);
    }
    this.#byLine.set(entry.line, entry);
  }

  delivered(line: string, run: number): string | undefined {
    const entry = this.#byLine.get(line);
    if (entry === undefined) return `"${line}" was delivered in receiver run ${run} but never written`;
    const breach = this.#deliveredBefore(entry, run);
    const order = this.#order.get(run);
    if (order === undefined) this.#order.set(run, [entry]);
    else order.push(entry);
    entry.deliveredIn.push(run);
    return breach;
  }

  #deliveredBefore(entry: Entry, run: number): string | undefined {
    const before = entry.deliveredIn.filter((earlier) => earlier === run).length;
    if (before >= entry.copies) return `"${entry.line}" was delivered twice in receiver run ${run}`;
    for (const earlier of entry.deliveredIn) {
      if (earlier === run || entry.shared || entry.copies > 1) continue;
      const died = this.#deaths.receivers.get(earlier) ?? Infinity;
      if (entry.ackSeenBefore(died)) {
        return (
          `"${entry.line}" was delivered in receiver run ${run} although run ${earlier} had delivered it ` +
          `and its write had resolved before that run ended`
        );
      }
    }
    return undefined;
  }

  receiverDied(_run: number, held: Iterable<string>): void {
    for (const line of held) {
      const entry = this.#byLine.get(line);
      if (entry !== undefined) entry.diedHeld = true;
    }
  }

  settle(): string[] {
    const breaches: string[] = [];
    for (const entry of this.#entries) {
      if (!entry.owed || entry.deliveredIn.length > 0 || entry.orphaned || entry.diedHeld) continue;
      const state = entry.state === 'resolved' ? ' although its write resolved' : '';
      breaches.push(`"${entry.line}" (sender run ${entry.run}) was never delivered${state}`);
    }
    for (const [run, order] of this.#order) breaches.push(...orderBreaches(run, order));
    return breaches;
  }

  losses(): Losses {
    const lost = this.#entries.filter((entry) => entry.owed && entry.deliveredIn.length === 0);
    return {
      lost: lost.length,
      lostWithSender: lost.filter((entry) => entry.orphaned).length,
      lostWithReceiver: lost.filter((entry) => entry.diedHeld && !entry.orphaned).length,
      doubled: this.#entries.reduce((sum, { deliveredIn }) => sum + Math.max(0, deliveredIn.length - 1), 0),
      ambiguous: 0,
    };
  }
}

/**
 * Finds lines out of order. Waiting qos lines of one sender run must arrive in the order of their writes. A
 * line that was aborted, or sent again from a backup, may arrive at any time.
 */
function orderBreaches(receiverRun: number, order: readonly Entry[]): string[] {
  const breaches: string[] = [];
  const newest = new Map<number, Entry>();
  for (const entry of new Set(order)) {
    if (!entry.owed || !entry.wait || entry.copies > 1) continue;
    const before = newest.get(entry.run);
    if (before !== undefined && entry.place < before.place) {
      breaches.push(
        `"${entry.line}" was delivered after "${before.line}" in receiver run ${receiverRun} ` +
          `although it was written before it (both qos, waiting, sender run ${entry.run})`,
      );
    } else newest.set(entry.run, entry);
  }
  return breaches;
}
