/**
 * A session that an earlier process left in the store: how a new process loads it, continues it (`storedPump`) or deletes it
 * (`forgetStored`).
 *
 * Each process that continues a session first appends an entry with its own random epoch. The log therefore shows which process
 * owns the session.
 */
import { StoreError, UsageError } from '@iot/framing';
import { Session, type SessionLog as LogOfSession, type SessionOptions, type Window } from '@iot/qos';
import { drawEpoch } from '../epoch.js';
import type { Clock } from '../ports.js';
import { Pump } from '../pump.js';
import { fenced, SessionLog, type SessionLogOptions } from './session-log.js';

/** A session as it is in the store, loaded for one new process. */
export class LoadedSession {
  readonly options: SessionLogOptions;
  readonly log: LogOfSession;

  private constructor(options: SessionLogOptions, log: LogOfSession) {
    this.options = options;
    this.log = log;
  }

  /** @throws StoreError when the store cannot be read; ClosedError when the store is closed */
  static async load(options: SessionLogOptions): Promise<LoadedSession> {
    const stored = await options.store.load(options.id);
    return new LoadedSession(options, { owner: { kind: 'owner', epoch: drawEpoch(), node: node() }, stored });
  }

  /** False for an id that was never stored, or whose session was deleted by `forgetStored`. */
  get isKnown(): boolean {
    const last = this.log.stored?.entries.at(-1)?.[1];
    return last !== undefined && !(last.kind === 'checkpoint' && last.snapshot === null);
  }
}

/**
 * Makes a session that continues from the stored one, and the pump that drives it.
 *
 * @param window how many of the unsent lines are kept in memory; undefined: all
 * @throws StoreError `ERR_STORE_DAMAGED` when the stored entries are not a valid session
 */
export function storedPump(
  settings: SessionOptions,
  loaded: LoadedSession,
  clock: Clock,
  window?: Window,
): Pump {
  const { options, log } = loaded;
  let session: Session;
  try {
    session = new Session(settings, { ...log, window });
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const message = `the entries of ${JSON.stringify(options.id)} in the store are damaged: restore a backup of the store, or forget this client`;
    throw new StoreError('ERR_STORE_DAMAGED', message, { cause: error });
  }
  const pump = new Pump(session, clock);
  pump.storeIn(new SessionLog(options, log.owner.epoch, session, clock, pump));
  return pump;
}

/**
 * Deletes the stored session of an id. No process may have it open. A client that connects with this id later gets a new
 * session. False when no session of this id is stored.
 *
 * @throws StoreError when the store fails, or another process has taken the session over
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

/** The name of this process in the log, for people who inspect the store. */
function node(): string {
  return `process ${process.pid}`;
}
