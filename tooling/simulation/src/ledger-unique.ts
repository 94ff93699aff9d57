import type { Deaths, Entry, Losses, Rules } from './ledger-entry.js';

/** The rules for payloads that are all different: each delivery belongs to exactly one write. */
export class UniqueRules implements Rules {
  readonly #entries: readonly Entry[];
  readonly #deaths: Deaths;
  readonly #byLine = new Map<string, Entry>();
  /** Deliveries in the order in which they came, a list for each life of the receiver. */
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

  delivered(line: string, life: number): string | undefined {
    const entry = this.#byLine.get(line);
    if (entry === undefined) return `"${line}" was delivered in receiver life ${life} but never written`;
    const breach = this.#deliveredBefore(entry, life);
    const order = this.#order.get(life);
    if (order === undefined) this.#order.set(life, [entry]);
    else order.push(entry);
    entry.deliveredIn.push(life);
    return breach;
  }

  #deliveredBefore(entry: Entry, life: number): string | undefined {
    const before = entry.deliveredIn.filter((earlier) => earlier === life).length;
    if (before >= entry.copies) return `"${entry.line}" was delivered twice in receiver life ${life}`;
    for (const earlier of entry.deliveredIn) {
      if (earlier === life || entry.shared || entry.copies > 1) continue;
      const died = this.#deaths.receivers.get(earlier) ?? Infinity;
      if (entry.ackSeenBefore(died)) {
        return (
          `"${entry.line}" was delivered in receiver life ${life} although life ${earlier} had delivered it ` +
          `and its write had resolved before that life ended`
        );
      }
    }
    return undefined;
  }

  receiverDied(_life: number, held: Iterable<string>): void {
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
      breaches.push(`"${entry.line}" (sender life ${entry.life}) was never delivered${state}`);
    }
    for (const [life, order] of this.#order) breaches.push(...orderBreaches(life, order));
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
 * Waiting qos lines of one sender life arrive in the order of writing; one that was aborted, or sent again from a backup, may
 * come at any time.
 */
function orderBreaches(receiverLife: number, order: readonly Entry[]): string[] {
  const breaches: string[] = [];
  const newest = new Map<number, Entry>();
  for (const entry of new Set(order)) {
    if (!entry.owed || !entry.wait || entry.copies > 1) continue;
    const before = newest.get(entry.life);
    if (before !== undefined && entry.place < before.place) {
      breaches.push(
        `"${entry.line}" was delivered after "${before.line}" in receiver life ${receiverLife} ` +
          `although it was written before it (both qos, waiting, sender life ${entry.life})`,
      );
    } else newest.set(entry.life, entry);
  }
  return breaches;
}
