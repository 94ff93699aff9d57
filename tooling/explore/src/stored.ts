/**
 * A session and its stored log, which together make up the state of one end. The log survives the process. At most
 * one append is pending. The owner of the session appends entries as soon as an ack or a message waits for
 * them, and includes all other entries in the same append.
 */
import type { Batch, Entry, Session, SessionLog } from '@iot/qos';

/** The stored log of a session. */
interface Log {
  /** The last checkpoint and the entries after it. */
  entries: (readonly [sequence: number, entry: Entry])[];
  last: number;
  inFlight: Batch | undefined;
}

export interface Process {
  readonly session: Session;
  /** Undefined if the session is not stored. */
  readonly log: Log | undefined;
}

/** The log with which the n-th process of an end starts. */
export function sessionLog(log: Log, process: number): SessionLog {
  const stored = log.last === 0 ? undefined : { last: log.last, entries: log.entries };
  return { owner: { kind: 'owner', epoch: `${process}`, node: 'explored' }, stored };
}

export function newLog(): Log {
  return { entries: [], last: 0, inFlight: undefined };
}

/** Begins an append if an ack or a message waits for it, and no append is pending. */
export function appendDue({ session, log }: Process): void {
  if (log !== undefined && log.inFlight === undefined && session.mustStore)
    log.inFlight = session.takeEntries();
}

/** Completes the pending append. */
export function completeAppend(log: Log): void {
  for (const entry of log.inFlight?.entries ?? []) {
    if (entry.kind === 'checkpoint') log.entries = [];
    log.entries.push([++log.last, entry]);
  }
  log.inFlight = undefined;
}

/** Whether this line is stored as done. */
export function isDone({ entries }: Log, place: number): boolean {
  return entries.some(([, entry]) => entry.kind === 'done' && entry.in === place);
}
