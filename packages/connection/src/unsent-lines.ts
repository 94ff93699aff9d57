/**
 * The lines of a connection that may be given up: they were written, and have never been sent.
 *
 * Theory of operation: the engine has these lines, so that they are stored where it stores, and sends them by itself. So
 * before each decision the lines that it has sent since leave the backlog; lines of one lane are sent in their order, or the
 * newest first, so it is enough to look at one end of each. Lines that an earlier process has left in the store are the oldest.
 *
 * Of lines that the engine has in its store only, it knows how many they are, and reports each when it is in memory again:
 * nothing is kept of them here, but of those that expire, or that have a key that counts. Where the newest goes first, a line
 * that was here may come to be in the store only; the oldest of them are looked up there when they are to be given up.
 */
import { DroppedError, utf8Length } from '@iot/framing';
import type { WrittenLine } from '@iot/qos';
import type { Lane } from '@iot/qos/internal';
import { Backlog, type BacklogLine, type Elsewhere } from './backlog.js';
import { Deadlines, type Expiring } from './deadlines.js';
import type { Engine } from './engine.js';
import type { OfflineSettings } from './offline-options.js';

export interface UnsentLine extends BacklogLine, Expiring {
  /** Of its write; undefined for a line of an earlier process, and for one that was in the store only. */
  readonly number: number | undefined;
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
  order: 'oldest-first',
  expiresInMs: Infinity,
};

/** What becomes of a new line then: to drop another one would not help. */
const WHEN_STORE_LAGS = {
  wait: 'wait',
  reject: 'reject',
  'drop-oldest': 'drop',
  'drop-newest': 'drop',
  'keep-latest-per-key': 'drop',
} as const;

const LANES: readonly Lane[] = ['unsafe', 'free', 'newest', 'ordered'];

export class UnsentLines {
  /** Lines that were dropped by the limits. */
  dropped = 0;
  /** Lines that have expired. */
  expired = 0;
  readonly #engine: Engine;
  readonly #offline: OfflineSettings;
  readonly #backlog: Backlog<UnsentLine>;
  readonly #deadlines: Deadlines<UnsentLine>;
  /** Of lines of an earlier process that were read back: they all expire at one time, which is before that of others. */
  readonly #earlierDeadlines: Deadlines<UnsentLine>;
  #earlierExpireAt = Infinity;
  #cancelEarlier: (() => void) | undefined;
  /** That time has come, and more of them are being looked up. */
  #earlierExpire = false;
  /** The first ticket of this process. */
  #firstTicket = Infinity;
  /** What is kept of lines that the engine has in its store only, by ticket. */
  readonly #shelved = new Map<number, UnsentLine>();
  readonly #gaveUp: (line: UnsentLine, error: DroppedError) => void;
  /** The lines that an earlier process has left are in the backlog. */
  #loaded: boolean;
  /** Tickets of the last line that was taken to be stored, and of the last that is. */
  #lastTicket = -1;
  #storedTicket = -1;

  /**
   * @param offline undefined where only lines that expire are given up
   * @param gaveUp called for each line that is given up
   */
  constructor(
    engine: Engine,
    offline: OfflineSettings | undefined,
    gaveUp: (line: UnsentLine, error: DroppedError) => void,
  ) {
    this.#engine = engine;
    this.#offline = offline ?? NO_LIMITS;
    this.#backlog = new Backlog(this.#offline);
    this.#deadlines = new Deadlines(engine.clock, (line) => this.#expire(line));
    this.#earlierDeadlines = new Deadlines(engine.clock, (line) => this.#expire(line));
    this.#gaveUp = gaveUp;
    this.#loaded = offline === undefined;
  }

  /** A line is written, which the engine does not have yet. It may expire from now on. */
  written(
    number: number | undefined,
    text: string,
    lane: Lane,
    { key, expiresInMs = this.#offline.expiresInMs }: LineOptions,
  ): UnsentLine {
    const expiresAt = this.#engine.clock.now() + expiresInMs;
    const bytes = utf8Length(text);
    const line = { number, lane, bytes, key, ticket: undefined, expiresInMs, expiresAt };
    this.#deadlines.add(line);
    return line;
  }

  /** Whether the engine is to take a line, for which others may be dropped; false when its write has been rejected. */
  admit(line: UnsentLine): 'take' | 'wait' | false {
    if (!this.load()) return 'wait';
    this.#forgetSent();
    const { when } = this.#offline;
    for (;;) {
      const decision = this.#isStoreLagging(line)
        ? WHEN_STORE_LAGS[when]
        : this.#backlog.decide(line, this.#elsewhere);
      if (decision === 'take' || decision === 'wait') return decision;
      if (decision === 'look-up') {
        this.#engine.lookUpOldest();
        return 'wait';
      }
      if (decision === 'reject' || decision === 'drop') {
        this.#refuse(line, decision);
        return false;
      }
      this.#drop(decision);
    }
  }

  /** Whether a line is given up at once, since that many others wait already. */
  refuses(line: UnsentLine, waiting: number): boolean {
    const decision = WHEN_STORE_LAGS[this.#offline.when];
    if (decision === 'wait' || waiting < UNSTORED_LIMITS * this.#offline.maxLines) return false;
    this.#refuse(line, decision);
    return true;
  }

  /** The engine has taken the line. */
  taken(line: UnsentLine, ticket: number): void {
    this.#firstTicket = Math.min(this.#firstTicket, ticket);
    this.#add(line, ticket);
    this.#forgetStacked();
    if (line.lane === 'unsafe') return;
    if (this.#lastTicket <= this.#storedTicket) this.#storedTicket = ticket - 1;
    this.#lastTicket = ticket;
  }

  /** A line that the engine had in its store only is in memory. */
  returned({ ticket, text, lane }: WrittenLine): void {
    this.#add(this.#shelved.get(ticket) ?? this.#readBack(ticket, text, lane), ticket);
  }

  /** Lines with qos are stored up to this ticket. */
  stored(ticket: number): void {
    this.#storedTicket = ticket;
  }

  /** The line is done with, or its writer no longer waits for it. */
  delete(line: UnsentLine): void {
    this.#backlog.delete(line);
    this.#deadlines.delete(line);
    this.#earlierDeadlines.delete(line);
    if (line.ticket !== undefined) this.#shelved.delete(line.ticket);
  }

  /** Takes in what an earlier process has left; false while that is not known. */
  load(): boolean {
    if (this.#earlierExpire) this.#expireEarlier();
    if (this.#loaded) return true;
    const lines = this.#engine.unsentLines();
    if (lines === undefined) return false;
    this.#loaded = true;
    this.#earlierExpireAt = this.#engine.clock.now() + this.#offline.expiresInMs;
    for (const line of lines) this.returned(line);
    if (this.#earlierExpireAt !== Infinity && this.#engine.stacked.lines > 0)
      this.#cancelEarlier = this.#engine.clock.at(this.#earlierExpireAt, () => this.#expireEarlier());
    return true;
  }

  close(): void {
    this.#deadlines.close();
    this.#earlierDeadlines.close();
    this.#cancelEarlier?.();
  }

  #add(line: UnsentLine, ticket: number): void {
    line.ticket = ticket;
    this.#shelved.delete(ticket);
    if (!this.#engine.isShelved(ticket)) return this.#backlog.add(line as UnsentLine & { ticket: number });
    this.#noteInStoreOnly(line, ticket);
  }

  #noteInStoreOnly(line: UnsentLine, ticket: number): void {
    this.#backlog.nameLatest(line);
    const { expiresInMs, key } = line;
    const hasKey = key !== undefined && this.#offline.when === 'keep-latest-per-key';
    if (expiresInMs !== Infinity || hasKey) this.#shelved.set(ticket, line);
  }

  /** Those of which the newest goes first may have left memory for it. */
  #forgetStacked(): void {
    for (
      let line = this.#backlog.first('newest');
      line?.ticket !== undefined && this.#engine.isShelved(line.ticket);
      line = this.#backlog.first('newest')
    ) {
      this.#backlog.delete(line);
      this.#noteInStoreOnly(line, line.ticket);
    }
  }

  get #elsewhere(): Elsewhere<UnsentLine> {
    const { shelved, stacked } = this.#engine;
    return { shelved, stacked, oldestStacked: () => this.#oldestStacked() };
  }

  #oldestStacked(): UnsentLine | number | undefined {
    const { oldest } = this.#engine.stacked;
    if (oldest === undefined) return undefined;
    const { ticket, bytes } = oldest;
    const line = this.#shelved.get(ticket);
    if (line !== undefined || bytes === undefined) return line ?? ticket;
    const expires = { expiresInMs: this.#offline.expiresInMs, expiresAt: this.#earlierExpireAt };
    return { number: undefined, lane: 'newest', bytes, key: undefined, ticket, ...expires };
  }

  /** The time of all lines of an earlier process is over; of those that are in the store only each is looked up for it. */
  #expireEarlier(): void {
    this.#earlierExpire = false;
    for (
      let line = this.#oldestStacked();
      line !== undefined && (typeof line === 'number' ? line : line.ticket!) < this.#firstTicket;
      line = this.#oldestStacked()
    ) {
      if (typeof line === 'object') this.#expire(line);
      else {
        this.#earlierExpire = true;
        return this.#engine.lookUpOldest();
      }
    }
  }

  #readBack(ticket: number, text: string, lane: Lane): UnsentLine {
    const isEarlier = ticket < this.#firstTicket;
    const expiresAt = isEarlier ? this.#earlierExpireAt : Infinity;
    const expiresInMs = expiresAt === Infinity ? Infinity : this.#offline.expiresInMs;
    const bytes = utf8Length(text);
    const line = { number: undefined, lane, bytes, key: undefined, ticket, expiresInMs, expiresAt };
    this.#earlierDeadlines.add(line);
    return line;
  }

  #expire(line: UnsentLine): void {
    if (line.ticket !== undefined && !this.#engine.isUnsent(line.ticket)) return this.delete(line);
    this.expired += 1;
    const after = `${line.expiresInMs} ms after it was written`;
    this.#giveUp(line, new DroppedError('ERR_EXPIRED', `the line had not been sent ${after} (expiresInMs)`));
  }

  #refuse(line: UnsentLine, how: 'reject' | 'drop'): void {
    if (how === 'drop') this.#drop(line);
    else this.#giveUp(line, new DroppedError('ERR_OFFLINE_FULL', this.#full('not taken')));
  }

  #drop(line: UnsentLine): void {
    this.dropped += 1;
    this.#giveUp(line, new DroppedError('ERR_DROPPED', this.#full('dropped')));
  }

  #giveUp(line: UnsentLine, error: DroppedError): void {
    this.delete(line);
    if (line.ticket !== undefined) this.#engine.withdraw(line.ticket, line.bytes);
    this.#gaveUp(line, error);
  }

  #forgetSent(): void {
    for (const lane of LANES) {
      for (
        let line = this.#backlog.next(lane);
        line?.ticket !== undefined && !this.#engine.isUnsent(line.ticket);
        line = this.#backlog.next(lane)
      ) {
        this.delete(line);
      }
    }
  }

  #isStoreLagging({ lane }: UnsentLine): boolean {
    if (lane === 'unsafe' || !this.#engine.stores) return false;
    return this.#lastTicket - this.#storedTicket >= UNSTORED_LIMITS * this.#offline.maxLines;
  }

  #full(what: string): string {
    const { maxLines, maxBytes, when } = this.#offline;
    return `the line was ${what}, and has never been sent: offline has when: '${when}', maxLines: ${maxLines} and maxBytes: ${maxBytes}`;
  }
}
