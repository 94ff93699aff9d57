/** Checks that all stores have in common. An entry is one record in the log of a session (`port.ts`). */
import { UsageError } from '@iot/framing';
import type { Entry } from '@iot/qos';

/** @throws UsageError `ERR_BAD_ID` for an id that cannot be stored: an empty one, or one that has no UTF-8 form */
export function checkStoredId(id: string): void {
  if (id === '') throw new UsageError('ERR_BAD_ID', 'an id cannot be empty');
  if (!id.isWellFormed())
    throw new UsageError('ERR_BAD_ID', 'an id cannot contain half of a surrogate pair: it has no UTF-8 form');
}

/** The index of the last checkpoint in `entries`, or -1. A checkpoint is an entry that holds the whole state of a session. */
export function lastCheckpoint(entries: readonly Entry[]): number {
  return entries.findLastIndex(({ kind }) => kind === 'checkpoint');
}
