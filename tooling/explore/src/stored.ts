/**
 * A session together with what is stored of it: the log outlives the process, and at most one append is in flight. Both are
 * one state of an end. The owner of the session stores what something waits for as soon as it can; the rest goes with that.
 */
import type { Batch, Entry, Session, SessionLog } from '@iot/qos';

/** What is stored of a session. */
interface Log {
  /** The last checkpoint and what came after it. */
  entries: (readonly [sequence: number, entry: Entry])[];
  last: number;
  inFlight: Batch | undefined;
}

export interface Process {
  readonly session: Session;
  /** Undefined where the session ends with its process. */
  readonly log: Log | undefined;
}

/** What the n-th process of an end starts with. */
export function sessionLog(log: Log, process: number): SessionLog {
  const stored = log.last === 0 ? undefined : { last: log.last, entries: log.entries };
  return { owner: { kind: 'owner', epoch: `${process}`, node: 'explored' }, stored };
}

export function newLog(): Log {
  return { entries: [], last: 0, inFlight: undefined };
}

/** Appends what something waits for, unless an append is in flight. */
export function appendDue({ session, log }: Process): void {
  if (log !== undefined && log.inFlight === undefined && session.mustStore)
    log.inFlight = session.takeEntries();
}

/** The append that is in flight happens. */
export function happens(log: Log): void {
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
