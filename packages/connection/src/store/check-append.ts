import { UsageError } from '@iot/framing';
import type { Entry } from '@iot/qos';

/** @throws UsageError `ERR_BAD_ID` for what no store can keep: an empty id, or one that has no UTF-8 form */
export function checkStoredId(id: string): void {
  if (id === '') throw new UsageError('ERR_BAD_ID', 'an id cannot be empty');
  if (!id.isWellFormed())
    throw new UsageError('ERR_BAD_ID', 'an id cannot hold half of a surrogate pair: it has no UTF-8 form');
}

/** The index of the last checkpoint among these; -1 when there is none. */
export function lastCheckpoint(entries: readonly Entry[]): number {
  return entries.findLastIndex(({ kind }) => kind === 'checkpoint');
}
