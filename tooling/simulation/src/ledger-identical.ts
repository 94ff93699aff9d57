import type { Deaths, Entry, Losses, Rules } from './ledger-entry.js';

interface Tally {
  readonly entries: Entry[];
  readonly deliveredIn: Map<number, number>;
  delivered: number;
  /**
   * Number of repeated deliveries that deaths of the receiver allow: lines that it had delivered and whose
   * ack the sender had not seen.
   */
  repeatable: number;
  /** Lines lost with a receiver: acked and not read. */
  held: number;
}

/**
 * The rules for identical payloads, such as a sensor's text that never changes. Lines are counted. No more
 * lines may be delivered than were written, and no fewer than were owed, except for lines lost with a sender
 * or a receiver.
 */
export class IdenticalRules implements Rules {
  readonly #deaths: Deaths;
  readonly #tallies = new Map<string, Tally>();

  constructor(deaths: Deaths) {
    this.#deaths = deaths;
  }

  wrote(entry: Entry): void {
    const tally = this.#tallies.get(entry.line);
    if (tally !== undefined) tally.entries.push(entry);
    else {
      this.#tallies.set(entry.line, {
        entries: [entry],
        deliveredIn: new Map(),
        delivered: 0,
        repeatable: 0,
        held: 0,
      });
    }
  }

  delivered(line: string, run: number): string | undefined {
    const tally = this.#tallies.get(line);
    if (tally === undefined) return `"${line}" was delivered in receiver run ${run} but never written`;
    tally.delivered += 1;
    tally.deliveredIn.set(run, (tally.deliveredIn.get(run) ?? 0) + 1);
    const { length } = tally.entries;
    if (tally.delivered <= length + tally.repeatable) return undefined;
    return (
      `"${line}" was delivered ${tally.delivered} times but written only ${length} times ` +
      `(${tally.repeatable} repeats excused by deaths of the receiver)`
    );
  }

  receiverDied(run: number, held: Iterable<string>): void {
    for (const tally of this.#tallies.values()) {
      const unseen = tally.entries.filter((entry) => !entry.ackSeenBefore(Infinity)).length;
      tally.repeatable += Math.min(unseen, tally.deliveredIn.get(run) ?? 0);
    }
    for (const line of held) {
      const tally = this.#tallies.get(line);
      if (tally !== undefined) tally.held += 1;
    }
  }

  settle(maxAmbiguous: number): string[] {
    const breaches: string[] = [];
    const { ambiguous } = this.losses();
    const allowed = this.#deaths.senders.size > 0 ? maxAmbiguous : 0;
    if (ambiguous > allowed) {
      for (const [line, tally] of this.#tallies) {
        const { missing, orphaned } = shortfall(tally);
        if (missing <= orphaned + tally.held) continue;
        breaches.push(
          `"${line}" was delivered ${tally.delivered} times, ${missing} fewer than owed: ` +
            `${orphaned} died with their sender, ${tally.held} with a receiver, ${allowed} may be ambiguous`,
        );
      }
    }
    return breaches;
  }

  losses(): Losses {
    const sums = { lost: 0, lostWithSender: 0, lostWithReceiver: 0, doubled: 0, ambiguous: 0 };
    for (const tally of this.#tallies.values()) {
      const { missing, orphaned } = shortfall(tally);
      const withSender = Math.min(missing, orphaned);
      const withReceiver = Math.min(missing - withSender, tally.held);
      sums.lost += missing;
      sums.lostWithSender += withSender;
      sums.lostWithReceiver += withReceiver;
      sums.ambiguous += missing - withSender - withReceiver;
      sums.doubled += Math.max(0, tally.delivered - tally.entries.length);
    }
    return sums;
  }
}

function shortfall({ entries, delivered }: Tally): { missing: number; orphaned: number } {
  const owed = entries.filter((entry) => entry.owed);
  return {
    missing: Math.max(0, owed.length - delivered),
    orphaned: owed.filter((entry) => entry.orphaned).length,
  };
}
