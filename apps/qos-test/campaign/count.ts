/**
 * Holds the journals of lines that all have the same text against the promise. Pure. Which line is which cannot be seen, so
 * they are counted: by their tickets in the sender's store, and by their places in the receiver's. Both ends have a store.
 */
import type { JournalRecord } from './journal.js';
import { NOTHING_ALLOWED, type Flow, type RunOfEnd } from './verdict.js';

export function count(senders: readonly RunOfEnd[], receivers: readonly RunOfEnd[]): Flow {
  const sent = senders.flatMap(({ records }) => records);
  const got = receivers.flatMap(({ records }) => records);
  const written = of(sent, 'wrote').length;
  const acked = of(sent, 'resolved').length;
  const stored = places(of(sent, 'stored')).size;
  const marked = of(got, 'redelivered').length;
  const unmarked = of(got, 'read').length;
  const read = unmarked + marked;
  // One that is not noted as come, since the process was killed at that moment, is noted as done later.
  const arrived = places([...of(got, 'came'), ...of(got, 'done')]).size;

  const lost = Math.max(0, Math.max(stored, acked) - Math.min(arrived, read));
  const invented = Math.max(0, arrived - written) + of(got, 'nonsense').length;
  // A line is handed over without the mark once at most.
  const doubled = invented + Math.max(0, unmarked - arrived);
  const unstored = Math.max(0, written - arrived - lost);
  const redelivered = Math.max(0, read - arrived);
  const findings = [
    ...(lost > 0
      ? [`lost: of ${stored} lines stored and ${acked} acked, ${arrived} came and ${read} were read`]
      : []),
    ...(doubled > 0 ? [`doubled: of ${written} lines written, ${arrived} came, ${unmarked} unmarked`] : []),
  ];
  return {
    ...{ written, acked, read, lost, doubled, outOfOrder: 0, findings },
    allowed: { ...NOTHING_ALLOWED, unstored, redelivered },
  };
}

function of(records: readonly JournalRecord[], kind: JournalRecord['kind']): JournalRecord[] {
  return records.filter((record) => record.kind === kind);
}

function places(records: readonly JournalRecord[]): Set<number> {
  return new Set(records.map(({ place }) => place));
}
