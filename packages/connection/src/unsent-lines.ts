/**
 * The lines of a connection that may be given up: they were written, and have never been sent.
 *
 * Theory of operation: the engine has these lines, so that they are stored where it stores, and sends them by itself. So
 * before each decision the lines that it has sent since leave the backlog; lines of one lane are sent in their order, so it
 * is enough to look at the first ones. Lines that an earlier process has left in the store are the oldest.
 */
import { DroppedError, utf8Length } from '@iot/framing';
import type { Lane } from '@iot/qos/internal';
import { Backlog, type BacklogLine } from './backlog.js';
import { Deadlines, type Expiring } from './deadlines.js';
import type { Engine } from './engine.js';
import type { OfflineSettings } from './offline-options.js';

export interface UnsentLine extends BacklogLine, Expiring {
  /** The engine's, once it has the line. */
  ticket: number | undefined;
}

/** Lines may be dropped and still have to be stored: that many times `maxLines` are taken in while the store does not answer. */
const UNSTORED_LIMITS = 2;

/** Options of one write. */
interface LineOptions {
  readonly key?: string | undefined;
  readonly expiresInMs?: number | undefined;
}

const NO_LIMITS: OfflineSettings = {
  maxLines: Infinity,
  maxBytes: Infinity,
  when: 'wait',
  expiresInMs: Infinity,
};

/** What becomes of a new line then: to drop another one would not help. */
const WHEN_BEHIND = {
  wait: 'wait',
  reject: 'reject',
  'drop-oldest': 'drop',
  'drop-newest': 'drop',
  'keep-latest-per-key': 'drop',
} as const;

const LANES: readonly Lane[] = ['unsafe', 'free', 'ordered'];

export class UnsentLines {
  /** Lines that were dropped by the limits. */
  dropped = 0;
  /** Lines that have expired. */
  expired = 0;
  readonly #engine: Engine;
  readonly #offline: OfflineSettings;
  readonly #backlog: Backlog<UnsentLine>;
  readonly #deadlines: Deadlines<UnsentLine>;
  readonly #gaveUp: (number: number, error: DroppedError) => void;
  /** The lines that an earlier process has left are in the backlog. */
  #loaded: boolean;
  /** Tickets of the last line that was taken to be stored, and of the last that is. */
  #lastTicket = -1;
  #storedTicket = -1;

  /**
   * @param offline undefined where only lines that expire are given up
   * @param gaveUp told of each line that is given up; those of an earlier process have negative numbers
   */
  constructor(
    engine: Engine,
    offline: OfflineSettings | undefined,
    gaveUp: (number: number, error: DroppedError) => void,
  ) {
    this.#engine = engine;
    this.#offline = offline ?? NO_LIMITS;
    this.#backlog = new Backlog(this.#offline);
    this.#deadlines = new Deadlines(engine.clock, (line) => this.#expire(line));
    this.#gaveUp = gaveUp;
    this.#loaded = offline === undefined;
  }

  /** A line is written, which the engine does not have yet. It may expire from now on. */
  written(number: number, text: string, lane: Lane, { key, expiresInMs }: LineOptions): UnsentLine {
    const lifetime = expiresInMs ?? this.#offline.expiresInMs;
    const line: UnsentLine = {
      number,
      lane,
      bytes: utf8Length(text),
      key,
      ticket: undefined,
      expiresInMs: lifetime,
      expiresAt: this.#engine.clock.now() + lifetime,
    };
    this.#deadlines.add(line);
    return line;
  }

  /** Whether the engine is to take a line, for which others may be dropped; false when its write has been rejected. */
  admit(line: UnsentLine): 'take' | 'wait' | false {
    if (!this.load()) return 'wait';
    this.#forgetSent();
    const { when } = this.#offline;
    for (;;) {
      const decision = this.#isStoreBehind(line) ? WHEN_BEHIND[when] : this.#backlog.decide(line);
      if (decision === 'take' || decision === 'wait') return decision;
      if (decision === 'reject') {
        this.#giveUp(line, new DroppedError('ERR_OFFLINE_FULL', this.#full('not taken')));
        return false;
      }
      this.dropped += 1;
      this.#giveUp(
        decision === 'drop' ? line : decision,
        new DroppedError('ERR_DROPPED', this.#full('dropped')),
      );
      if (decision === 'drop') return false;
    }
  }

  /** The engine has taken the line. */
  taken(line: UnsentLine, ticket: number): void {
    line.ticket = ticket;
    this.#backlog.add(line);
    if (line.lane === 'unsafe') return;
    if (this.#lastTicket <= this.#storedTicket) this.#storedTicket = ticket - 1;
    this.#lastTicket = ticket;
  }

  /** Lines with qos are stored up to this ticket. */
  stored(ticket: number): void {
    this.#storedTicket = ticket;
  }

  /** The line is done with, or its writer no longer waits for it. */
  delete(line: UnsentLine): void {
    this.#backlog.delete(line);
    this.#deadlines.delete(line);
  }

  /** Takes in what an earlier process has left; false while that is not known. */
  load(): boolean {
    if (this.#loaded) return true;
    const lines = this.#engine.unsentLines();
    if (lines === undefined) return false;
    this.#loaded = true;
    const next = (lines.at(-1)?.ticket ?? 0) + 1;
    for (const { ticket, text, lane } of lines) {
      this.taken(this.written(ticket - next, text, lane, {}), ticket);
      this.stored(ticket);
    }
    return true;
  }

  close(): void {
    this.#deadlines.close();
  }

  #expire(line: UnsentLine): void {
    if (line.ticket !== undefined && !this.#engine.isUnsent(line.ticket)) return this.delete(line);
    this.expired += 1;
    const after = `${line.expiresInMs} ms after it was written`;
    this.#giveUp(line, new DroppedError('ERR_EXPIRED', `the line had not been sent ${after} (expiresInMs)`));
  }

  #giveUp(line: UnsentLine, error: DroppedError): void {
    this.delete(line);
    if (line.ticket !== undefined) this.#engine.withdraw(line.ticket);
    this.#gaveUp(line.number, error);
  }

  #forgetSent(): void {
    for (const lane of LANES) {
      for (
        let line = this.#backlog.first(lane);
        line?.ticket !== undefined && !this.#engine.isUnsent(line.ticket);
        line = this.#backlog.first(lane)
      ) {
        this.delete(line);
      }
    }
  }

  #isStoreBehind({ lane }: UnsentLine): boolean {
    if (lane === 'unsafe' || !this.#engine.stores) return false;
    return this.#lastTicket - this.#storedTicket >= UNSTORED_LIMITS * this.#offline.maxLines;
  }

  #full(what: string): string {
    const { maxLines, maxBytes, when } = this.#offline;
    return `the line was ${what}, and has never been sent: offline has when: '${when}', maxLines: ${maxLines} and maxBytes: ${maxBytes}`;
  }
}
