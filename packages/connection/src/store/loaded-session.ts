/** A session as a new process finds it in the store: loaded, gone on with, or forgotten. */
import { StoreError, UsageError } from '@iot/framing';
import { Session, type SessionLog as LogOfSession, type SessionOptions, type Window } from '@iot/qos';
import { drawEpoch } from '../epoch.js';
import type { Clock } from '../ports.js';
import { Pump } from '../pump.js';
import { fenced, SessionLog, type SessionLogOptions } from './session-log.js';

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
 * @param window how much of the new lines that wait is in memory; undefined: all
 * @throws StoreError `ERR_STORE_DAMAGED` when what is stored is no session
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
    const message = `what the store has of ${JSON.stringify(options.id)} is no session: restore a backup of the store, or forget this one`;
    throw new StoreError('ERR_STORE_DAMAGED', message, { cause: error });
  }
  const pump = new Pump(session, clock);
  pump.storeIn(new SessionLog(options, log.owner.epoch, session, clock, pump));
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
