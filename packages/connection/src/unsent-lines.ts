/**
 * Applies the option `offline` and `expiresInMs` to the unsent lines of a connection. An unsent line was written and has never
 * been sent. Only an unsent line can be given up, which means: dropped at a limit, rejected at a limit, or expired.
 *
 * How it works: the engine has the lines and sends them by itself, without a call of this class. The `Backlog` here has a
 * record of each unsent line. Before each decision, `#forgetSent` deletes the records of lines that the engine has sent since.
 * It checks one end of each lane only, because the lines of a lane are sent in order (or, in lane `newest`, in reverse order).
 * A lane holds the lines of one kind: `unsafe` is `qos: false`, `free` is `wait: false`, `newest` is `wait: false` with
 * `order: 'newest-first'`, and `ordered` is all others. Lines that an earlier process left in the store are the oldest.
 *
 * With a store, some unsent lines are in the store only and not in memory. The engine counts them and calls `returned` for
 * each one that is read back into memory. This class keeps no record of them, except of lines that expire and of lines with a
 * key that matters (`#shelved`). In lane `newest`, the oldest lines in memory may be moved to the store only. To give up the
 * oldest of these, their size is first looked up in the store (`lookUpOldest`).
 */
import { DroppedError, utf8Length } from '@iot/framing';
import type { WrittenLine } from '@iot/qos';
import type { Lane } from '@iot/qos/internal';
import { Backlog, type BacklogLine, type Elsewhere } from './backlog.js';
import { Deadlines, type Expiring } from './deadlines.js';
import type { Engine } from './engine.js';
import type { OfflineSettings } from './offline-options.js';

export interface UnsentLine extends BacklogLine, Expiring {
  /** The number of its write. Undefined for a line of an earlier process, and for one without a record that was read back. */
  readonly number: number | undefined;
  /** The number that the engine gave the line; undefined until the engine has it. */
  ticket: number | undefined;
}

/**
 * While the store does not answer, at most this many times `maxLines` lines are passed to the engine. The limit is needed
 * because a dropped line also has to be stored, so dropping lines frees no memory then.
 */
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

/** The decision about a new line while the store does not answer. Dropping an older line would free no memory. */
const WHEN_STORE_LAGS = {
  wait: 'wait',
  reject: 'reject',
  'drop-oldest': 'drop',
  'drop-newest': 'drop',
  'keep-latest-per-key': 'drop',
} as const;

const LANES: readonly Lane[] = ['unsafe', 'free', 'newest', 'ordered'];

export class UnsentLines {
  /** Number of lines that were dropped at a limit. */
  dropped = 0;
  /** Number of lines that have expired. */
  expired = 0;
  readonly #engine: Engine;
  readonly #offline: OfflineSettings;
  readonly #backlog: Backlog<UnsentLine>;
  readonly #deadlines: Deadlines<UnsentLine>;
  /** Deadlines of the lines of an earlier process. They all expire at one time, `#earlierExpireAt`. */
  readonly #earlierDeadlines: Deadlines<UnsentLine>;
  #earlierExpireAt = Infinity;
  #cancelEarlier: (() => void) | undefined;
  /** True when `#earlierExpireAt` is over and the next of these lines is being looked up in the store. */
  #earlierExpire = false;
  /** The first ticket of this process: lower tickets are of an earlier process. */
  #firstTicket = Infinity;
  /** Records of lines that are in the store only, by ticket. */
  readonly #shelved = new Map<number, UnsentLine>();
  readonly #gaveUp: (line: UnsentLine, error: DroppedError) => void;
  /** True once the lines of the earlier process are in the backlog. */
  #loaded: boolean;
  /** Tickets of the last line with qos that the engine took, and of the last one that is stored. */
  #lastTicket = -1;
  #storedTicket = -1;

  /**
   * @param offline undefined without the option `offline`: only expired lines are given up
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

  /** Makes the record of a line that was written. The engine does not have the line yet. Its time to expire begins now. */
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

  /**
   * Decides about a new line: the engine is to take it, or its write waits. May give up other lines to make space. False: the
   * line was given up and its write is rejected.
   */
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

  /** Gives the line up, and returns true, when too many other writes already wait before it. */
  refuses(line: UnsentLine, waiting: number): boolean {
    const decision = WHEN_STORE_LAGS[this.#offline.when];
    if (decision === 'wait' || waiting < UNSTORED_LIMITS * this.#offline.maxLines) return false;
    this.#refuse(line, decision);
    return true;
  }

  /** Records that the engine has taken the line. */
  taken(line: UnsentLine, ticket: number): void {
    this.#firstTicket = Math.min(this.#firstTicket, ticket);
    this.#add(line, ticket);
    this.#forgetStacked();
    if (line.lane === 'unsafe') return;
    if (this.#lastTicket <= this.#storedTicket) this.#storedTicket = ticket - 1;
    this.#lastTicket = ticket;
  }

  /** Called when a line that was in the store only has been read back into memory. */
  returned({ ticket, text, lane }: WrittenLine): void {
    this.#add(this.#shelved.get(ticket) ?? this.#readBack(ticket, text, lane), ticket);
  }

  /** Called when all lines with qos up to this ticket are stored. */
  stored(ticket: number): void {
    this.#storedTicket = ticket;
  }

  /** Deletes the record of a line: it is settled, was given up, or its write was aborted. */
  delete(line: UnsentLine): void {
    this.#backlog.delete(line);
    this.#deadlines.delete(line);
    this.#earlierDeadlines.delete(line);
    if (line.ticket !== undefined) this.#shelved.delete(line.ticket);
  }

  /** Takes the lines of the earlier process into the backlog. False while the session is still being loaded. */
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

  /** The new line may have moved lines of lane `newest` to the store only: moves their records too. */
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

  /** Gives up the lines of the earlier process, which have expired. Those in the store only are looked up one by one. */
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
    this.#giveUp(
      line,
      new DroppedError('ERR_EXPIRED', `the line expired: it had not been sent ${after} (expiresInMs)`),
    );
  }

  #refuse(line: UnsentLine, how: 'reject' | 'drop'): void {
    if (how === 'drop') this.#drop(line);
    else this.#giveUp(line, new DroppedError('ERR_OFFLINE_FULL', this.#full('rejected')));
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
