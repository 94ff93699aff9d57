/**
 * The checker of one direction: what was written, what arrived, and what may be missing because of an event that the
 * world has seen. A loss is allowed only when an excuse was given for that very line before the end; lines that cannot
 * be told apart are counted.
 */

/**
 * `crash`: a bridge died that held it. `edge`: the bridge was reset between the two edges, when the initiator had
 * counted it as taken and the responder had not seen `syn` low. `on its way`: the channel ended when the bridge had
 * written the last of it and the board had not said that it had got it. `unread`: the board died that had not read it.
 * `original`: an original dropped it from its buffer.
 */
export type Excuse = 'crash' | 'edge' | 'on its way' | 'unread' | 'original';

export interface Entry {
  readonly text: string;
  /** Number of the run of the process that wrote it. */
  readonly run: number;
  readonly qos: boolean;
  readonly wait: boolean;
  readonly place: number;
  resolved: boolean;
  /** Its writer died before the write had resolved. */
  orphaned: boolean;
}

interface Account {
  readonly entries: Entry[];
  arrived: number;
  readonly excuses: Excuse[];
  /** Arrivals that a crash of the bridge allows beyond the one of each line. */
  repeats: number;
}

export interface BookReport {
  readonly written: number;
  readonly arrived: number;
  /** Lines that came again in a later run of the bridge. */
  readonly again: number;
  /** Lines that did not arrive and were not owed: written without qos, or by one who died before the write resolved. */
  readonly notOwed: number;
  /** Lines that were owed and did not arrive, by what explains it. */
  readonly lost: Readonly<Record<Excuse, number>>;
}

export class Book {
  readonly #name: string;
  readonly #accounts = new Map<string, Account>();
  /** Place of the last line with `wait` that arrived, by the runs of its writer and its reader. */
  readonly #lastPlace = new Map<string, number>();
  readonly #lost: Record<Excuse, number> = { crash: 0, edge: 0, 'on its way': 0, unread: 0, original: 0 };
  #written = 0;
  #arrived = 0;
  #again = 0;
  #notOwed = 0;

  constructor(name: string) {
    this.#name = name;
  }

  written(text: string, flags: { run: number; qos: boolean; wait: boolean }): Entry {
    const entry: Entry = { text, ...flags, place: this.#written++, resolved: false, orphaned: false };
    const account = this.#accounts.get(text);
    if (account !== undefined) account.entries.push(entry);
    else this.#accounts.set(text, { entries: [entry], arrived: 0, excuses: [], repeats: 0 });
    return entry;
  }

  /** The writer died: what had not resolved may be lost. */
  writerDied(run: number): void {
    for (const { entries } of this.#accounts.values()) {
      for (const entry of entries) if (entry.run === run && !entry.resolved) entry.orphaned = true;
    }
  }

  /** One line with this text may be missing. */
  excuse(text: string, why: Excuse): void {
    this.#accounts.get(text)?.excuses.push(why);
  }

  /** The line of which this is the end may be missing; all of it, where it had a header. */
  excuseEnd(message: string, why: Excuse): void {
    for (const [text, { excuses }] of this.#accounts) if (`n${text}`.endsWith(message)) excuses.push(why);
  }

  /**
   * A bridge died that had read this line; if its ack died too, the next one gets it again. A write without qos says
   * nothing of its ack, and is repeated too when it is a keeper (PROTOCOL.md section 3).
   */
  mayRepeat(text: string): void {
    const account = this.#accounts.get(text);
    if (account?.entries.some(({ qos, resolved }) => !qos || !resolved) === true) account.repeats += 1;
  }

  /** True when a line with this text was written. */
  knows(text: string): boolean {
    return this.#accounts.has(text);
  }

  /** The application of this run of the reader got a line. Throws when it should not have. */
  arrived(text: string, run: number): void {
    const account = this.#accounts.get(text);
    if (account === undefined)
      throw new Error(`${this.#name}: what arrived was not written: "${shown(text)}"`);
    this.#arrived += 1;
    account.arrived += 1;
    const { length } = account.entries;
    if (account.arrived > length + account.repeats) {
      throw new Error(`${this.#name}: "${shown(text)}" was doubled (${account.arrived} of ${length})`);
    }
    if (account.arrived > length) this.#again += 1;
    else if (length === 1) this.#checkOrder(account.entries[0]!, run);
  }

  /** To be called when everything that can arrive has arrived. Throws when a line is missing without excuse. */
  check(): BookReport {
    for (const [text, account] of this.#accounts) this.#settle(text, account);
    const counts = {
      written: this.#written,
      arrived: this.#arrived,
      again: this.#again,
      notOwed: this.#notOwed,
    };
    return { ...counts, lost: this.#lost };
  }

  #settle(text: string, { entries, arrived, excuses }: Account): void {
    const owed = entries.filter((entry) => entry.qos && !entry.orphaned);
    const pending = owed.filter((entry) => !entry.resolved);
    if (pending.length > 0) throw new Error(`${this.#name}: the write of "${shown(text)}" never resolved`);
    const missing = Math.max(0, owed.length - arrived);
    if (missing > excuses.length) {
      throw new Error(`${this.#name}: "${shown(text)}" was lost (${missing}, excused ${excuses.length})`);
    }
    for (const why of excuses.slice(0, missing)) this.#lost[why] += 1;
    this.#notOwed += Math.max(0, entries.length - arrived) - missing;
  }

  #checkOrder({ qos, wait, place, run: writer, text }: Entry, reader: number): void {
    if (!qos || !wait) return;
    const runs = `${writer}/${reader}`;
    const last = this.#lastPlace.get(runs) ?? -1;
    if (place < last) throw new Error(`${this.#name}: "${shown(text)}" arrived after a later line`);
    this.#lastPlace.set(runs, place);
  }
}

function shown(text: string): string {
  const short = text.length > 40 ? `${text.slice(0, 40)}…` : text;
  return JSON.stringify(short).slice(1, -1);
}
