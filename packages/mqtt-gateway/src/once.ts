/**
 * With a store: a message is written to its board once, also when this process dies before the broker has the ack and the
 * broker sends the message again to the next process.
 *
 * The store of the sessions is wrapped. When a session appends a line that came from the broker, a note goes into a journal
 * first: the packet identifier of the message, a hash of it, and the number that the line gets in its session. When the
 * next process loads the session, the last number there says whether the line was stored: if it was, the message is
 * only acked when the broker sends it again. That verdict goes into the journal before the session can go on.
 *
 * The journal is an append log of the same store. Its id has a newline, which no board's id can have.
 */
import type { Entry, SessionStore, StoredSession } from '@iot/server';

const JOURNAL = '\nmqtt-gateway';

/** There are no more packet identifiers than this; older notes are trimmed. */
const KEPT = 65_536;

/** A message of the broker. */
export interface MessageName {
  readonly packet: number;
  readonly hash: string;
}

type Note =
  | (MessageName & { readonly type: 'written'; readonly id: string; readonly number: number })
  /** Of all lines of this board that were noted before, those up to this number are stored. */
  | { readonly type: 'verdict'; readonly id: string; readonly last: number }
  /** The broker has begun another session: identifiers begin again. */
  | { readonly type: 'new session' };

/** A line that a session is about to store. */
interface Expected extends MessageName {
  readonly line: string;
  readonly stored: () => void;
}

export class WrittenOnce implements SessionStore {
  readonly #store: SessionStore;
  /** Written and without a verdict, by board. */
  readonly #open = new Map<string, (Note & { readonly type: 'written' })[]>();
  /** Messages that an earlier process has stored, by packet identifier. */
  readonly #delivered = new Map<number, string>();
  readonly #expected = new Map<string, Expected[]>();
  #last: number;
  #trimmed: number;
  #flushing: Promise<void> = Promise.resolve();
  #notes: Note[] = [];

  private constructor(store: SessionStore, journal: StoredSession | undefined) {
    this.#store = store;
    this.#last = journal?.last ?? 0;
    this.#trimmed = journal?.entries[0]?.[0] ?? 1;
    for (const [, entry] of journal?.entries ?? [])
      if (entry.kind === 'out') this.#apply(JSON.parse(entry.line) as Note);
  }

  static async open(store: SessionStore): Promise<WrittenOnce> {
    return new WrittenOnce(store, await store.load(JOURNAL));
  }

  /** Messages that earlier processes have stored, by packet identifier; known once `listen` has loaded the sessions. */
  get delivered(): ReadonlyMap<number, string> {
    return this.#delivered;
  }

  /**
   * To be called right before the line is written.
   *
   * @returns a promise that resolves when it is stored, and what says that it is not waited for any more
   */
  expect(id: string, message: MessageName, line: string): { stored: Promise<void>; withdraw: () => void } {
    const list = this.#expected.get(id) ?? [];
    this.#expected.set(id, list);
    let resolve!: () => void;
    const stored = new Promise<void>((it) => (resolve = it));
    const expected = { ...message, line, stored: resolve };
    list.push(expected);
    const withdraw = (): void => {
      const index = list.indexOf(expected);
      if (index >= 0) list.splice(index, 1);
    };
    return { stored, withdraw };
  }

  /** The broker knows nothing of the identifiers of before. */
  newSession(): Promise<void> {
    return this.#note([{ type: 'new session' }]);
  }

  async load(id: string): Promise<StoredSession | undefined> {
    const session = await this.#store.load(id);
    if (this.#open.has(id)) await this.#note([{ type: 'verdict', id, last: session?.last ?? 0 }]);
    return session;
  }

  async append(id: string, expected: number, entries: readonly Entry[]): Promise<'ok' | 'fenced'> {
    const lines: Expected[] = [];
    const notes = entries.flatMap((entry, index): Note[] => {
      const line = entry.kind === 'out' ? this.#takeExpected(id, entry.line) : undefined;
      if (line === undefined) return [];
      lines.push(line);
      const { packet, hash } = line;
      return [{ type: 'written', id, number: expected + index + 1, packet, hash }];
    });
    if (notes.length > 0) await this.#note(notes);
    const result = await this.#store.append(id, expected, entries);
    if (result === 'ok') for (const { stored } of lines) stored();
    return result;
  }

  read(id: string, from: number): AsyncIterable<readonly [sequence: number, entry: Entry]> {
    return this.#store.read(id, from);
  }

  trim(id: string, before: number): Promise<void> {
    return this.#store.trim(id, before);
  }

  async *ids(): AsyncIterable<string> {
    for await (const id of this.#store.ids()) if (id !== JOURNAL) yield id;
  }

  /** Waits for the journal. The store itself belongs to its maker. */
  async close(): Promise<void> {
    await this.#flushing.catch(() => undefined);
  }

  #takeExpected(id: string, line: string): Expected | undefined {
    const list = this.#expected.get(id) ?? [];
    const index = list.findIndex((it) => it.line === line);
    return index < 0 ? undefined : list.splice(index, 1)[0];
  }

  #apply(note: Note): void {
    switch (note.type) {
      case 'written': {
        const list = this.#open.get(note.id) ?? [];
        this.#open.set(note.id, list);
        list.push(note);
        return;
      }
      case 'verdict': {
        const written = this.#open.get(note.id) ?? [];
        this.#open.delete(note.id);
        for (const { number, packet, hash } of written)
          if (number <= note.last) this.#delivered.set(packet, hash);
        return;
      }
      case 'new session':
        this.#open.clear();
        this.#delivered.clear();
    }
  }

  /** Resolves when they are on the disk. What comes meanwhile goes out together. */
  #note(notes: readonly Note[]): Promise<void> {
    this.#notes.push(...notes);
    this.#flushing = this.#flushing.then(() => this.#flush());
    return this.#flushing;
  }

  async #flush(): Promise<void> {
    const notes = this.#notes;
    if (notes.length === 0) return;
    this.#notes = [];
    const entries = notes.map((note, index) => {
      const line = JSON.stringify(note);
      return { kind: 'out', ticket: this.#last + index, line, qos: true, wait: true } as const;
    });
    const result = await this.#store.append(JOURNAL, this.#last, entries);
    if (result === 'fenced') throw new Error('another process writes to the store of this gateway');
    this.#last += entries.length;
    for (const note of notes) if (note.type !== 'written') this.#apply(note);
    if (this.#last - this.#trimmed < 2 * KEPT) return;
    this.#trimmed = this.#last - KEPT;
    await this.#store.trim(JOURNAL, this.#trimmed);
  }
}
