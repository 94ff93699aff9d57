/**
 * `WrittenOnce` is used with a store. It makes sure that a message of the broker is written to its board only once, even if
 * this process ends before the broker has the ack. The broker then sends the message again to the next process, which must
 * find out whether the message was stored.
 *
 * Theory of operation: `WrittenOnce` wraps the store of the sessions and keeps a journal.
 * 1. Before a session appends a line that came from the broker, a note is written to the journal: the packet identifier of
 *    the message, a hash of it, and the sequence number that the line will get in its session.
 * 2. When the next process loads the session, it compares this number with the last number of the session. If the session
 *    has the number, the line was stored. When the broker sends the message again, the gateway then only acks it.
 * 3. The result, the verdict, is written to the journal before the session continues, because new entries change the last
 *    number.
 *
 * The journal is a log in the same store. Its id contains a newline, so it cannot be the id of a board.
 */
import type { Entry, SessionStore, StoredSession } from '@iot/server';

const JOURNAL = '\nmqtt-gateway';

/** Number of notes that are kept. There are not more packet identifiers than this, so older notes can be trimmed. */
const KEPT = 65_536;

/** Identifies a message of the broker: its packet identifier and a hash of topic and text. */
export interface MessageName {
  readonly packet: number;
  readonly hash: string;
}

/** An entry of the journal. */
type Note =
  /** The line of this message gets this number in the session of the board `id`, if it is stored. */
  | (MessageName & { readonly type: 'written'; readonly id: string; readonly number: number })
  /** Of the lines of this board that were noted before, those with numbers up to `last` were stored. */
  | { readonly type: 'verdict'; readonly id: string; readonly last: number }
  /** The broker has begun a new MQTT session: packet identifiers of earlier notes have no meaning any more. */
  | { readonly type: 'new session' };

/** A line that a session is about to store. */
interface Expected extends MessageName {
  readonly line: string;
  readonly stored: () => void;
}

export class WrittenOnce implements SessionStore {
  readonly #store: SessionStore;
  /** Notes of type `written` of earlier processes that have no verdict yet, by id of the board. */
  readonly #open = new Map<string, (Note & { readonly type: 'written' })[]>();
  /** Hashes of messages that an earlier process has stored, by packet identifier. */
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

  /** Hashes of messages that earlier processes have stored, by packet identifier. Complete once `listen` has loaded all sessions. */
  get delivered(): ReadonlyMap<number, string> {
    return this.#delivered;
  }

  /**
   * Call it immediately before the line of a message is written.
   *
   * @returns `stored`, which resolves when the line is stored, and `withdraw`, which ends the wait for it
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

  /** The broker has begun a new MQTT session. */
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

  /** Waits until the journal is written. Does not close the store: the application that opened the store closes it. */
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

  /** Resolves when the notes are durable. Notes that are added while an append is in flight go together into the next one. */
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
