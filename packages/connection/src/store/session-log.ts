/**
 * Keeps a session in a store: appends what the session wants stored, one batch at a time, and reports to it what is stored.
 *
 * Theory of operation: what has gathered since the last append goes out as the next one, as soon as something waits for it;
 * what nothing waits for goes with it, or by itself after a second. An append that fails may have happened. Each process
 * begins with an entry that says who the owner is, so the log shows it: while this process is the last owner, the log has
 * either all of the batch or nothing of it, and the batch is appended again where it is missing. Where another process is
 * the owner, or the store says `fenced`, this one has lost the session: it must not ack, send or hand over anything more.
 */
import { ClosedError, StoreError, UsageError } from '@iot/framing';
import type { Batch, Entry, Session, StoredSession, WrittenLine } from '@iot/qos';
import { LinkLog, type Logger } from '../logger.js';
import type { Clock } from '../ports.js';
import { settlesWithin } from '../waiters.js';
import type { SessionStore } from './port.js';
import { FIRST_PAUSE_MS, LONGEST_PAUSE_MS, ReadBack } from './read-back.js';

/** What nothing waits for is stored after this time, ms. */
const LAZY_MS = 1000;

export interface SessionLogOptions {
  readonly store: SessionStore;
  readonly id: string;
  readonly logger?: Logger | undefined;
  /** For how long a close waits for the store, ms. */
  readonly closeTimeoutMs: number;
}

/** What a log reports to the code that drives its session. */
interface SessionLogHandlers {
  /** More is stored, up to the line of this ticket if it has lines with qos: the session may go on. */
  stored(ticket: number | undefined): void;
  /** A line that was in the store only has been read back. */
  returned(line: WrittenLine): void;
  /** Some have: the session may go on. */
  readOn(): void;
  /** The session is another process's, or cannot be stored any more. */
  lost(error: unknown): void;
}

export class SessionLog {
  readonly #options: SessionLogOptions;
  readonly #owner: string;
  readonly #session: Session;
  readonly #clock: Clock;
  readonly #handlers: SessionLogHandlers;
  readonly #log: LinkLog;
  readonly #readBack: ReadBack;
  /** The batch that is being appended. */
  #appending: Promise<void> | undefined;
  #cancelLazy: (() => void) | undefined;
  #over = false;
  /** The last append was not answered with success: what comes after it cannot be appended. */
  #failing = false;
  /** When the append began that is under way, and when it is looked at again. */
  #begunAt: number | undefined;
  #cancelWatch: (() => void) | undefined;
  /** What has been said of the store. */
  readonly #said = new Set<string>();
  #endPause: (() => void) | undefined;

  /** @param owner the run of this process */
  constructor(
    options: SessionLogOptions,
    owner: string,
    session: Session,
    clock: Clock,
    handlers: SessionLogHandlers,
  ) {
    this.#options = options;
    this.#owner = owner;
    this.#session = session;
    this.#clock = clock;
    this.#handlers = handlers;
    this.#log = new LinkLog(options.logger, options.id);
    this.#readBack = new ReadBack(options, session, clock, {
      returned: (line) => handlers.returned(line),
      readOn: () => handlers.readOn(),
      failed: (error) =>
        this.#say('the store cannot be read: lines that are in it only wait until it works again', error),
      lost: (error) => this.#lose(error),
    });
  }

  /** The session has changed: stores what it wants stored. */
  flush(): void {
    if (this.#over) return;
    this.#readBack.look();
    if (this.#appending !== undefined) return;
    if (this.#session.mustStore) this.#append();
    else if (this.#session.hasEntries && this.#cancelLazy === undefined) {
      this.#cancelLazy = this.#clock.at(this.#clock.now() + LAZY_MS, () => this.#append());
    }
  }

  /** Stores what there is, and nothing more; resolves when that is done, has failed once more, or takes too long. */
  async close(): Promise<void> {
    this.#cancelLazy?.();
    this.#readBack.close();
    if (this.#over) return;
    this.#over = true;
    this.#endPause?.();
    const { closeTimeoutMs } = this.#options;
    const inTime = await settlesWithin(this.#clock, closeTimeoutMs, this.#storeRest());
    this.#cancelWatch?.();
    if (!inTime)
      this.#say('the store did not answer in time at the close: the last lines may come again', {
        closeTimeoutMs,
      });
  }

  async #storeRest(): Promise<void> {
    await this.#appending;
    if (!this.#failing && this.#session.hasEntries) await this.#tryOnce(this.#session.takeEntries());
  }

  #append(): void {
    this.#cancelLazy?.();
    this.#cancelLazy = undefined;
    const batch = this.#session.takeEntries();
    if (batch === undefined) return;
    this.#appending = this.#appendUntilDone(batch).finally(() => {
      this.#appending = undefined;
      this.flush();
    });
  }

  async #appendUntilDone(batch: Batch): Promise<void> {
    let pauseMs = FIRST_PAUSE_MS;
    while (!(await this.#tryOnce(batch))) {
      this.#failing = true;
      if (!this.#over) await this.#pause(pauseMs);
      if (this.#over) return;
      pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
    }
    this.#failing = false;
  }

  /** False when it is to be tried again. */
  async #tryOnce(batch: Batch | undefined): Promise<boolean> {
    if (batch === undefined) return true;
    const { store, id } = this.#options;
    const { expected, entries } = batch;
    this.#watch();
    try {
      const answer = await store.append(id, expected, entries);
      if (answer === 'ok') return this.#stored(batch);
      // After a failure it may be an earlier attempt that has come first.
      return this.#failing ? await this.#lookInto(batch) : this.#lose(fenced(id));
    } catch (error) {
      if (error instanceof UsageError || error instanceof ClosedError) return this.#lose(error);
      this.#say('the store has failed: acks and lines wait until it works again', error);
      return await this.#lookInto(batch);
    } finally {
      this.#begunAt = undefined;
    }
  }

  /** It is not known whether an append happened: looks. */
  async #lookInto(batch: Batch): Promise<boolean> {
    const { store, id } = this.#options;
    try {
      const stored = await store.load(id);
      const last = stored?.last ?? 0;
      if (last === batch.expected) return false;
      if (stored !== undefined && this.#isAnothers(stored)) return this.#lose(fenced(id));
      if (last !== batch.expected + batch.entries.length) return this.#lose(wentBack(id));
      return this.#stored(batch);
    } catch {
      return false;
    }
  }

  #isAnothers({ entries }: StoredSession): boolean {
    const owner = lastOwner(entries);
    return owner !== undefined && owner !== this.#owner;
  }

  #stored({ expected, entries, neededFrom }: Batch): true {
    const last = expected + entries.length;
    this.#session.stored(last);
    this.#handlers.stored(lastWritten(entries));
    if (neededFrom > 0) void this.#trim(neededFrom);
    return true;
  }

  async #trim(before: number): Promise<void> {
    const { store, id } = this.#options;
    try {
      await store.trim(id, before);
    } catch (error) {
      this.#say('the store could not be trimmed: it grows', error);
    }
  }

  #lose(error: StoreError | UsageError | ClosedError): true {
    this.#over = true;
    this.#readBack.close();
    this.#cancelWatch?.();
    this.#log.write('error', error.message, { code: error.code });
    this.#handlers.lost(error);
    return true;
  }

  /** An append begins: says it when one takes long. One timer for all of them, which runs while there are any. */
  #watch(): void {
    this.#begunAt = this.#clock.now();
    if (this.#cancelWatch === undefined) this.#watchUntil(this.#begunAt + this.#limitMs);
  }

  /** Acks wait for an append, and the peer gives the link up after a timeout. */
  get #limitMs(): number {
    return this.#session.settings.timeout / 2;
  }

  #watchUntil(time: number): void {
    this.#cancelWatch = this.#clock.at(time, () => {
      this.#cancelWatch = undefined;
      if (this.#begunAt === undefined) return;
      const slowAt = this.#begunAt + this.#limitMs;
      if (slowAt > this.#clock.now()) return this.#watchUntil(slowAt);
      const { timeout } = this.#session.settings;
      this.#say(`the store is slow: acks wait for it, and the timeout is ${timeout} ms`, {
        waitedMs: this.#limitMs,
      });
    });
  }

  /** Each message once: a store that fails does so again and again. */
  #say(message: string, why: unknown): void {
    if (this.#said.has(message)) return;
    this.#said.add(message);
    this.#log.write('warn', message, why instanceof Error ? { why: why.message } : { ...(why as object) });
  }

  /** Ends early when the log is closed. */
  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#clock.at(this.#clock.now() + ms, resolve);
      this.#endPause = () => {
        cancel();
        resolve();
      };
    });
  }
}

/** The ticket of the last line with qos: these are stored in the order of their tickets. */
function lastWritten(entries: readonly Entry[]): number | undefined {
  const entry = entries.findLast((it) => it.kind === 'out' && it.qos);
  return entry?.kind === 'out' ? entry.ticket : undefined;
}

function ownerOf(entry: Entry): string | undefined {
  if (entry.kind === 'owner') return entry.epoch;
  return entry.kind === 'checkpoint' ? entry.owner : undefined;
}

/** The run that has appended last, as far as the log says it. */
function lastOwner(entries: StoredSession['entries']): string | undefined {
  return entries.map(([, entry]) => ownerOf(entry)).findLast((owner) => owner !== undefined);
}

export function fenced(id: string): StoreError {
  return new StoreError(
    'ERR_STORE_FENCED',
    `another process has taken over the session of ${JSON.stringify(id)}: one process at a time may have it`,
  );
}

function wentBack(id: string): StoreError {
  return new StoreError(
    'ERR_STORE_DAMAGED',
    `the store has less of the session of ${JSON.stringify(id)} than was stored: was it emptied, or restored from a backup, under this process?`,
  );
}
