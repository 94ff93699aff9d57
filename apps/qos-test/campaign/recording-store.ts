/** A store that keeps a journal of what is in it, as far as the verdict needs that. */
import type { Entry, SessionStore } from '@iot/connection';
import { parse, type Sender } from '../src/message.js';
import type { Journal, RecordKind } from './journal.js';

/**
 * `store`, with a record in the journal of each line that is stored, each that has come and each that is done.
 *
 * @param senders who has written what goes out, and what comes in
 */
export function recordingStore(
  store: SessionStore,
  journal: Journal,
  senders: Readonly<Record<'out' | 'in', Sender>>,
): SessionStore {
  const add = (kind: RecordKind, line: string, sender: Sender, place: number): void => {
    const { run = 0, id = 0 } = parse(line, sender) ?? {};
    journal.add(kind, run, id, place);
  };
  const record = (entry: Entry, place: number): void => {
    if (entry.kind === 'done') journal.add('done', 0, 0, entry.in);
    else if (entry.kind === 'out') add('stored', entry.line, senders.out, entry.ticket);
    else if (entry.kind === 'in' && entry.line !== null) add('came', entry.line, senders.in, place);
  };
  return {
    // An append that was in the store when the last process was killed may not be in the journal of that one.
    async load(id) {
      const stored = await store.load(id);
      for (const [place, entry] of stored?.entries ?? []) record(entry, place);
      return stored;
    },
    async append(id, expected, entries) {
      const answer = await store.append(id, expected, entries);
      if (answer === 'ok') entries.forEach((entry, n) => record(entry, expected + n + 1));
      return answer;
    },
    read: (id, from) => store.read(id, from),
    trim: (id, before) => store.trim(id, before),
    ids: () => store.ids(),
    close: () => store.close(),
  };
}
