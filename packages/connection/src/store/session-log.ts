/**
 * Keeps a session in a store: appends what the session wants stored, one batch at a time, and tells it what is.
 *
 * Theory of operation: what has gathered since the last append goes out as the next one, as soon as something waits for it;
 * what nothing waits for goes with it, or by itself after a second. An append that fails may have happened. Each process
 * begins with an entry that says who the owner is, so the log shows it: while this process is the last owner, the log has
 * either all of the batch or nothing of it, and the batch is appended again where it is missing. Where another process is
 * the owner, or the store says `fenced`, this one has lost the session: it must not ack, send or hand over anything more.
 */
import { StoreError, UsageError } from '@iot/framing';
import {
  Session,
  type Batch,
  type Entry,
  type SessionLog as LogOfSession,
  type SessionOptions,
  type StoredSession,
} from '@iot/qos';
import { drawEpoch } from '../epoch.js';
import { LinkLog, type Logger } from '../logger.js';
import type { Clock } from '../ports.js';
import { Pump } from '../pump.js';
import type { SessionStore } from './port.js';

/** What nothing waits for is stored after this time, ms. */
const LAZY_MS = 1000;
/** Pauses between attempts at an append that fails, ms. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 10_000;

export interface SessionLogOptions {
  readonly store: SessionStore;
  readonly id: string;
  readonly logger?: Logger | undefined;
}

/** What a log tells the one who drives its session. */
interface SessionLogHandlers {
  /** More is stored: the session may go on. */
  stored(): void;
  /** The session is another process's, or cannot be stored any more. */
  lost(error: unknown): void;
}

/** A session as it is in the store, for one new process. */
export class LoadedSession {
  readonly options: SessionLogOptions;
  readonly log: LogOfSession;

  private constructor(options: SessionLogOptions, log: LogOfSession) {
    this.options = options;
    this.log = log;
  }

  /** @throws StoreError when it cannot be read; ClosedError when the store is closed */
  static async load(options: SessionLogOptions): Promise<LoadedSession> {
    const stored = await options.store.load(options.id);
    return new LoadedSession(options, { owner: { kind: 'owner', epoch: drawEpoch(), node: node() }, stored });
  }

  /** False for an id that is new, or was forgotten. */
  get isKnown(): boolean {
    const last = this.log.stored?.entries.at(-1)?.[1];
    return last !== undefined && !(last.kind === 'checkpoint' && last.snapshot === null);
  }
}

/**
 * A session and the pump that drives it, which go on from what is stored.
 *
 * @throws StoreError `ERR_STORE_DAMAGED` when what is stored is no session
 */
export function storedPump(settings: SessionOptions, loaded: LoadedSession, clock: Clock): Pump {
  const { options, log } = loaded;
  let session: Session;
  try {
    session = new Session(settings, log);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const message = `what the store has of ${JSON.stringify(options.id)} is no session: restore a backup of the store, or forget this one`;
    throw new StoreError('ERR_STORE_DAMAGED', message, { cause: error });
  }
  const pump = new Pump(session, clock);
  pump.storeIn(new SessionLog(loaded, session, clock, pump));
  return pump;
}

/**
 * Ends a session that no process has open: its id is new when it comes again. False for one that is not stored.
 *
 * @throws StoreError when that cannot be stored, or another process has it
 */
export async function forgetStored(options: SessionLogOptions): Promise<boolean> {
  const loaded = await LoadedSession.load(options);
  if (!loaded.isKnown) return false;
  const { store, id } = options;
  const last = loaded.log.stored?.last ?? 0;
  const entry = { kind: 'checkpoint', owner: loaded.log.owner.epoch, snapshot: null } as const;
  if ((await store.append(id, last, [entry])) === 'fenced') throw fenced(id);
  await store.trim(id, last + 1);
  return true;
}

/** Which process this is, for people. */
function node(): string {
  return `process ${process.pid}`;
}

class SessionLog {
  readonly #options: SessionLogOptions;
  readonly #owner: string;
  readonly #session: Session;
  readonly #clock: Clock;
  readonly #handlers: SessionLogHandlers;
  readonly #log: LinkLog;
  /** The batch that is being appended. */
  #appending: Promise<void> | undefined;
  #cancelLazy: (() => void) | undefined;
  #over = false;
  /** The last append was not answered with success: what comes after it cannot be appended. */
  #failing = false;
  /** What has been said of the store. */
  readonly #said = new Set<string>();
  #endPause: (() => void) | undefined;

  constructor({ options, log }: LoadedSession, session: Session, clock: Clock, handlers: SessionLogHandlers) {
    this.#options = options;
    this.#owner = log.owner.epoch;
    this.#session = session;
    this.#clock = clock;
    this.#handlers = handlers;
    this.#log = new LinkLog(options.logger, options.id);
  }

  /** The session has changed: stores what it wants stored. */
  flush(): void {
    if (this.#over || this.#appending !== undefined) return;
    if (this.#session.mustStore) this.#append();
    else if (this.#session.hasEntries && this.#cancelLazy === undefined) {
      this.#cancelLazy = this.#clock.at(this.#clock.now() + LAZY_MS, () => this.#append());
    }
  }

  /** Stores what there is, and nothing more; resolves when that is done, or has failed once more. */
  async close(): Promise<void> {
    this.#cancelLazy?.();
    if (this.#over) return;
    this.#over = true;
    this.#endPause?.();
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
    const begunAt = this.#clock.now();
    try {
      if ((await store.append(id, expected, entries)) === 'fenced') return this.#lose(fenced(id));
      this.#noteSlowness(this.#clock.now() - begunAt);
      return this.#stored(batch);
    } catch (error) {
      if (error instanceof UsageError) return this.#lose(error);
      this.#say('the store has failed: acks and lines wait until it works again', error);
      return await this.#lookInto(batch);
    }
  }

  /** An append has failed: whether it happened. */
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

  #stored({ expected, entries }: Batch): true {
    const last = expected + entries.length;
    this.#session.stored(last);
    this.#handlers.stored();
    if (entries.at(-1)?.kind === 'checkpoint') void this.#trim(last);
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

  #lose(error: StoreError | UsageError): true {
    this.#over = true;
    this.#log.write('error', error.message, { code: error.code });
    this.#handlers.lost(error);
    return true;
  }

  #noteSlowness(ms: number): void {
    const { timeout } = this.#session.settings;
    if (ms > timeout / 2)
      this.#say(`the store is slow: acks wait for it, and the timeout is ${timeout} ms`, { ms });
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

function ownerOf(entry: Entry): string | undefined {
  if (entry.kind === 'owner') return entry.epoch;
  return entry.kind === 'checkpoint' ? entry.owner : undefined;
}

/** The run that has appended last, as far as the log says it. */
function lastOwner(entries: StoredSession['entries']): string | undefined {
  return entries.map(([, entry]) => ownerOf(entry)).findLast((owner) => owner !== undefined);
}

function fenced(id: string): StoreError {
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
