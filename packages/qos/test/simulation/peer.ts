import type { Machine } from '@iot/simulation';
import { Session, type SessionLog, type SessionOptions, type SessionStats } from '../../src/index.js';
import type { UnreadLine } from '../../src/inbox.js';
import { RecordedSession } from './recorded-session.js';

export interface WriteFlags {
  readonly qos: boolean;
  readonly wait: boolean;
  readonly newestFirst?: boolean;
}

/** One run of one end, as the application that runs on it sees it: the session under test, or a model of an original. */
export interface Peer {
  readonly machine: Machine;
  readonly up: boolean;
  /** Its application waits rather than have more writes under way. */
  readonly mostUnsettled: number;
  /**
   * An original: it turns a newcomer away while it has a link, may deliver the first line of each sender twice, and its
   * application reads at once, since what overflows its queue is lost (PROTOCOL.md, What cannot be had).
   */
  readonly original: boolean;
  /** `settled` is called once, when the write is done, or `lost` with a process that had not stored it. */
  write(line: string, flags: WriteFlags, settled: Settled): Withdraw;
  read(): string | undefined;
  /** Lines that can be read. */
  readonly unread: number;
  /** Only of an original server: what came with the hello. */
  afterHello?(bytes: Uint8Array): void;
  /** Told after every call of the machine. */
  notice(): void;
  /** Lines received and acked that the application has not read. */
  held(): string[];
  /** The version of the wire that a session speaks. */
  readonly protocol?: 1 | 2 | undefined;
  /** The counters of a session. */
  stats?(): SessionCounts;
  /** A session that is stored: what comes after the process has died, with all that it had. */
  restart?(): Peer;
  /** A session that is stored: its process speaks another version at most than the one before it. */
  readonly changedVersion?: boolean;
  /** Sends what may be sent since more of it is stored, or a line is done; set by the end. */
  poke?: () => void;
  /** Makes a backup of a session, and returns what restores it, unless it is too old for that. */
  backup?(): () => Peer | undefined;
}

export interface SessionCounts extends SessionStats {
  /** Messages that are pending. */
  readonly unacked: number;
  /** How often a link has ended for each reason. */
  readonly ends: Readonly<Record<string, number>>;
}

/** A write is done. `lost`: with its process. `pending`: it was done, but its ack was not stored when its process died. */
export type Settled = (how?: 'lost' | 'pending') => void;

/** Gives a write up. */
export type Withdraw = () => void;

/** Errors that outages alone can bring about. */
const OF_OUTAGES: ReadonlySet<string> = new Set(['ERR_LINE_ENDS_LINKS', 'ERR_ROUND_TRIP']);

/** What a world asks of its sessions. */
export interface SessionHabits {
  /** Errors that the faults of this world bring about. */
  readonly expectedErrors?: readonly string[];
  /** Backups are made of it. */
  readonly backedUp?: boolean;
  /** Calls back when its application has done with a line that it has taken, if its ack waits for that. Default: at once. */
  readonly later?: (done: () => void) => void;
}

interface Restored {
  readonly recorded?: RecordedSession;
  readonly log?: SessionLog;
  readonly settled?: ReadonlyMap<number, Settled> | undefined;
}

/** The session under test. */
export class SessionPeer implements Peer {
  readonly machine: Session;
  readonly mostUnsettled = 60;
  readonly original = false;
  readonly #options: SessionOptions;
  protected readonly habits: SessionHabits;
  poke = (): void => undefined;
  readonly #recorded: RecordedSession | undefined;
  /** By ticket: what is called when the write is done. */
  protected readonly settled: Map<number, Settled>;
  readonly #ends: Record<string, number> = {};

  constructor(options: SessionOptions, habits: SessionHabits = {}, restored?: Restored) {
    this.#options = options;
    this.habits = habits;
    this.#recorded =
      restored?.recorded ?? (habits.backedUp === true ? new RecordedSession(options) : undefined);
    this.settled = new Map(restored?.settled);
    this.machine = this.#recorded?.session ?? new Session(options, restored?.log);
  }

  get up(): boolean {
    return this.machine.up;
  }

  get unread(): number {
    return this.machine.unread;
  }

  get protocol(): 1 | 2 | undefined {
    return this.machine.protocol;
  }

  write(line: string, flags: WriteFlags, settled: Settled): Withdraw {
    const ticket = this.machine.write(line, flags);
    this.settled.set(ticket, settled);
    return () => {
      this.settled.delete(ticket);
      this.machine.withdraw(ticket);
    };
  }

  read(): string | undefined {
    if (this.#later === undefined) return this.machine.read();
    const line = this.machine.take();
    if (line !== undefined) this.finish(line);
    return line?.text;
  }

  get #later(): SessionHabits['later'] {
    return this.machine.settings.ackWhen === 'done' ? this.habits.later : undefined;
  }

  /** The application has taken this line, and does it now or later. */
  protected finish(line: UnreadLine): void {
    const later = this.#later;
    if (later === undefined) this.done(line);
    else {
      later(() => {
        this.done(line);
        this.poke();
      });
    }
  }

  protected done(line: UnreadLine): void {
    this.machine.done(line);
  }

  notice(): void {
    for (const event of this.machine.takeEvents()) {
      if (event.type === 'settled') this.wasSettled(event.ticket);
      if (event.type === 'down') this.#ends[event.reason] = (this.#ends[event.reason] ?? 0) + 1;
      if (event.type === 'peer-error' && !this.#isExpected(event.error.code)) throw event.error;
    }
    this.#checkBounds();
  }

  protected wasSettled(ticket: number): void {
    this.settled.get(ticket)?.();
  }

  stats(): SessionCounts {
    return { ...this.machine.stats, unacked: this.machine.unacked, ends: this.#ends };
  }

  backup(): () => SessionPeer | undefined {
    const [restore, settled] = [this.#recorded?.backup(), new Map(this.settled)];
    return () => {
      const recorded = restore?.();
      return recorded && new SessionPeer(this.#options, this.habits, { recorded, settled });
    };
  }

  held(): string[] {
    const lines: string[] = [];
    for (let line = this.machine.read(); line !== undefined; line = this.machine.read()) lines.push(line);
    // What was not acked comes again in the next run.
    const { ackWhen, maxUnreadLines, protocol } = this.machine.settings;
    // In version 2 all that is received is acked: the sender knows how much there is space for.
    return lines.slice(0, ackWhen !== 'received' ? 0 : protocol === 2 ? lines.length : maxUnreadLines);
  }

  #isExpected(code: string): boolean {
    return OF_OUTAGES.has(code) || this.habits.expectedErrors?.includes(code) === true;
  }

  /** Nothing grows without bound, whatever happens. */
  #checkBounds(): void {
    const { maxUnreadLines } = this.machine.settings;
    if (this.machine.unread > 2 * maxUnreadLines) throw new Error(`${this.machine.unread} lines are unread`);
    if (this.machine.unacked > (this.machine.settings.protocol === 2 ? 250 : 120))
      throw new Error(`${this.machine.unacked} messages are unacked`);
  }
}
