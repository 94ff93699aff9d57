/**
 * What was written in one direction, and what came of it: checks the promise as it happens.
 *
 * Lines with texts of their own are followed one by one. Lines that all have the same text can only be counted.
 */
import { Violation } from './violation.js';

/**
 * `pending`: its writer waits. `settled`: resolved. `withdrawn`: never sent, and never will be. `given-up`: withdrawn after
 * it was sent. `dead`: its writer died before it was resolved.
 */
export const STATUSES = ['pending', 'settled', 'withdrawn', 'given-up', 'dead'] as const;

export type Status = (typeof STATUSES)[number];

export interface Line {
  status: Status;
  /** Delivered, and may not come again. */
  got: boolean;
  /** Delivered, to whichever process. */
  everGot: boolean;
  /** `qos: false`: resolved when it is sent, and delivered at most once. */
  readonly unsafe: boolean;
}

export interface LedgerRules {
  readonly direction: string;
  readonly sameText: boolean;
  /** Lines are delivered in the order of their writes. */
  readonly inOrder: boolean;
  /** Resolved lines that may be missing. */
  readonly mayLose: number;
}

export class Ledger {
  readonly lines: Line[] = [];
  /** Lines that dead processes have written. */
  base = 0;
  /** The newest line delivered to the process that receives; -1 when none was. */
  last = -1;
  /** Of lines with the same text: deliveries, and deliveries allowed beyond one a line. */
  delivered = 0;
  again = 0;

  /** The text of the line that is written next. */
  nextText(rules: LedgerRules): string {
    return rules.sameText ? rules.direction : `${rules.direction}${this.lines.length}`;
  }

  write(unsafe = false): void {
    this.lines.push({ status: 'pending', got: false, everGot: false, unsafe });
  }

  get hasPending(): boolean {
    return this.lines.some(({ status }) => status === 'pending');
  }

  isSettled(ticket: number): boolean {
    return this.lines[this.base + ticket]?.status === 'settled';
  }

  /** The write with this ticket of the living process has resolved. */
  settle(ticket: number, rules: LedgerRules): void {
    const n = this.base + ticket;
    const line = this.lines[n];
    if (line === undefined || line.status === 'settled') {
      throw new Violation(`a write of ${rules.direction} that is not pending resolved (line ${n})`);
    }
    if (line.status === 'pending') line.status = 'settled';
    const settled = this.lines.filter(({ status, unsafe }) => status === 'settled' && !unsafe);
    const missing = rules.sameText
      ? settled.length - this.delivered
      : settled.filter(({ everGot }) => !everGot).length;
    if (missing > rules.mayLose) {
      throw new Violation(`line ${n} of ${rules.direction} was resolved and not delivered`);
    }
  }

  withdraw(n: number, neverSent: boolean): void {
    this.lines[n]!.status = neverSent ? 'withdrawn' : 'given-up';
  }

  /** A line with a text of its own was delivered, and a process that has died had it. */
  hasDelivered(text: string): boolean {
    return this.lines[Number(/\d+$/.exec(text)?.[0] ?? -1)]?.got === true;
  }

  deliver(text: string, rules: LedgerRules): void {
    if (rules.sameText) this.#deliverSame(text, rules);
    else this.#deliver(text, rules);
  }

  #deliverSame(text: string, { direction }: LedgerRules): void {
    this.delivered += 1;
    const written = this.lines.filter(({ status }) => status !== 'withdrawn').length;
    if (text !== direction) throw new Violation(`"${text}" was delivered and not written`);
    if (this.delivered <= written + this.again) return;
    throw new Violation(`${written} lines of ${direction} were written, ${this.delivered} delivered`);
  }

  #deliver(text: string, { direction, inOrder }: LedgerRules): void {
    const n = text.startsWith(direction) ? Number(text.slice(direction.length)) : -1;
    const line = this.lines[n];
    if (line === undefined || line.status === 'withdrawn') {
      throw new Violation(`"${text}" was delivered and not written`);
    }
    if (line.got) throw new Violation(`"${text}" was delivered twice`);
    if (!line.unsafe) {
      if (inOrder && n < this.last) throw new Violation(`"${text}" was delivered out of order`);
      this.last = n;
    }
    line.got = true;
    line.everGot = true;
  }

  /** The process that writes died, and another one has started. */
  writerDied(): void {
    for (const line of this.lines) {
      if (line.status === 'pending' || line.status === 'given-up') line.status = 'dead';
    }
    this.base = this.lines.length;
  }

  /** The process that writes is again as it was when its lines had these statuses. */
  writerRestored(statuses: readonly Status[]): void {
    for (const [n, status] of statuses.entries()) this.lines[n]!.status = status;
    this.receiverDied();
  }

  /** The process that receives died: the next one may receive again what its sender does not know to be delivered. */
  receiverDied(): void {
    for (const line of this.lines) {
      if (line.status !== 'pending' && line.status !== 'given-up') continue;
      line.got = false;
      this.again += 1;
    }
    this.last = -1;
  }
}
