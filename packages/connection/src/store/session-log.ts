/**
 * Writes a session to a store: appends the entries of the session in batches, one batch at a time, and informs the session when
 * they are stored.
 *
 * How it works: entries are collected while an append is running, and are the batch of the next append. If an ack or a send
 * waits for an entry, the next append begins at once. Otherwise it begins after a second.
 *
 * An append that fails may still have been carried out. To find out, the log is loaded again. The first entry of each process
 * in a log names that process as the owner. If the last owner is this process, then the log has either the whole batch or
 * nothing of it, and the batch is appended again if it is missing. If the last owner is another process, or the store answers
 * `fenced`, then this process has lost the session: it must not ack, send or deliver anything more.
 */
import { ClosedError, StoreError, UsageError } from '@iot/framing';
import type { Batch, Entry, Session, StoredSession, WrittenLine } from '@iot/qos';
import { LinkLog, type Logger } from '../logger.js';
import type { Clock } from '../ports.js';
import { settlesWithin } from '../waiters.js';
import type { SessionStore } from './port.js';
import { FIRST_PAUSE_MS, LONGEST_PAUSE_MS, ReadBack } from './read-back.js';

/** Entries for which nothing waits are stored after this time, ms. */
const LAZY_MS = 1000;

export interface SessionLogOptions {
  readonly store: SessionStore;
  readonly id: string;
  readonly logger?: Logger | undefined;
  /** How long `close` waits for the store, ms. */
  readonly closeTimeoutMs: number;
}

/** The reports of a log to its pump. */
interface SessionLogHandlers {
  /** More entries are stored, and the session may continue. `ticket` is that of the last line with qos among them, if any. */
  stored(ticket: number | undefined): void;
  /** A line that was in the store only has been read back. */
  returned(line: WrittenLine): void;
  /** A reading of lines that were in the store only has ended, and the session may continue. */
  readOn(): void;
  /** Another process has taken the session over, or it cannot be stored any more. */
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
  /** Settles when the batch that is being appended is stored, or is given up. */
  #appending: Promise<void> | undefined;
  #cancelLazy: (() => void) | undefined;
  #over = false;
  /** True after an append without success. It has to be repeated before later entries can be appended. */
  #failing = false;
  /** When the running append began. */
  #begunAt: number | undefined;
  /** Cancels the timer that checks whether the running append takes too long. */
  #cancelWatch: (() => void) | undefined;
  /** The messages that were logged. Each is logged once. */
  readonly #said = new Set<string>();
  #endPause: (() => void) | undefined;

  /** @param owner the epoch that identifies this process as owner of the session */
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
        this.#say('the store cannot be read: lines that are not in memory wait until it works again', error),
      lost: (error) => this.#lose(error),
    });
  }

  /** Called when the session may have changed: appends its entries, at once or later. */
  flush(): void {
    if (this.#over) return;
    this.#readBack.look();
    if (this.#appending !== undefined) return;
    if (this.#session.mustStore) this.#append();
    else if (this.#session.hasEntries && this.#cancelLazy === undefined) {
      this.#cancelLazy = this.#clock.at(this.#clock.now() + LAZY_MS, () => this.#append());
    }
  }

  /**
   * Stores the entries that the session has now, and stops. Resolves when they are stored, when the store fails once more, or
   * after `closeTimeoutMs`.
   */
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
      this.#say('the store did not answer in time at the close: the last lines may be delivered again', {
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

  /** False when the append must be repeated. */
  async #tryOnce(batch: Batch | undefined): Promise<boolean> {
    if (batch === undefined) return true;
    const { store, id } = this.#options;
    const { expected, entries } = batch;
    this.#watch();
    try {
      const answer = await store.append(id, expected, entries);
      if (answer === 'ok') return this.#stored(batch);
      // After a failure, `fenced` may mean that an earlier attempt of this process was carried out.
      return this.#failing ? await this.#lookInto(batch) : this.#lose(fenced(id));
    } catch (error) {
      if (error instanceof UsageError || error instanceof ClosedError) return this.#lose(error);
      this.#say('the store has failed: acks and lines wait until it works again', error);
      return await this.#lookInto(batch);
    } finally {
      this.#begunAt = undefined;
    }
  }

  /** After a failure: loads the log to find out whether the batch was appended. False when it was not. */
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

  /** Called when an append begins. Logs a warning when an append takes too long. All appends share one timer. */
  #watch(): void {
    this.#begunAt = this.#clock.now();
    if (this.#cancelWatch === undefined) this.#watchUntil(this.#begunAt + this.#limitMs);
  }

  /** How long an append may take without a warning. Acks wait for the append, and in version 1 the peer sends a line again after a timeout. */
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

  /** Logs each message only once, because a store that fails usually fails repeatedly. */
  #say(message: string, why: unknown): void {
    if (this.#said.has(message)) return;
    this.#said.add(message);
    this.#log.write('warn', message, why instanceof Error ? { why: why.message } : { ...(why as object) });
  }

  /** Waits. Ends early when the log is closed. */
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

/** The ticket of the last line with qos among these entries. Lines with qos are stored in the order of their tickets. */
function lastWritten(entries: readonly Entry[]): number | undefined {
  const entry = entries.findLast((it) => it.kind === 'out' && it.qos);
  return entry?.kind === 'out' ? entry.ticket : undefined;
}

function ownerOf(entry: Entry): string | undefined {
  if (entry.kind === 'owner') return entry.epoch;
  return entry.kind === 'checkpoint' ? entry.owner : undefined;
}

/** The epoch of the last owner that is named in these entries. */
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
    `the store has fewer entries of the session of ${JSON.stringify(id)} than this process has stored: was the store emptied, or restored from a backup, meanwhile?`,
  );
}
