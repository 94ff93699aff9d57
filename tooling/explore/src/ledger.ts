/**
 * Records the writes and deliveries of one direction, and checks the promise at each event.
 *
 * Lines with different texts are tracked individually. Lines that all have the same text are counted.
 */
import { Violation } from './violation.js';

/**
 * `pending`: the write has not resolved. `settled`: resolved. `withdrawn`: withdrawn before it was sent.
 * `given-up`: withdrawn after it was sent. `dead`: its writer died before the write resolved.
 */
export const STATUSES = ['pending', 'settled', 'withdrawn', 'given-up', 'dead'] as const;

export type Status = (typeof STATUSES)[number];

export interface Line {
  status: Status;
  /** Delivered, and must not be delivered again. */
  got: boolean;
  /** Delivered to any process. */
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
  /** The newest line delivered to the receiving process; -1 if there is none. */
  last = -1;
  /**
   * For lines with the same text: the number of deliveries, and of deliveries allowed beyond one per line.
   */
  delivered = 0;
  again = 0;

  /** The text of the next line to be written. */
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

  /** The write with this ticket, of the running process, has resolved. */
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

  /** Whether a line with a unique text was delivered to a process that has died. */
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

  /** The writing process died, and a new one has started. */
  writerDied(): void {
    for (const line of this.lines) {
      if (line.status === 'pending' || line.status === 'given-up') line.status = 'dead';
    }
    this.base = this.lines.length;
  }

  /** The writing process was reset to the state in which its lines had these statuses. */
  writerRestored(statuses: readonly Status[]): void {
    for (const [n, status] of statuses.entries()) this.lines[n]!.status = status;
    this.receiverDied();
  }

  /**
   * The receiving process died. The next process may receive again the lines whose acks the sender has not
   * received.
   */
  receiverDied(): void {
    for (const line of this.lines) {
      if (line.status !== 'pending' && line.status !== 'given-up') continue;
      line.got = false;
      this.again += 1;
    }
    this.last = -1;
  }
}
