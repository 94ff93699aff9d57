import type { Opening } from '@iot/framing';
import type { Batch, Entry, SessionOptions, UnreadLine, Window } from '../../src/index.js';
import { BenchV2 } from '../v2/bench.js';

export const VERSIONS = [1, 2] as const;

/** A session that outlives its processes, and its log. A test says when something is stored, and when a process dies. */
export class StoredBench {
  /** All that was ever stored, checkpoints too. */
  readonly entries: [sequence: number, entry: Entry][] = [];
  /** The process that is alive. */
  process!: BenchV2;
  readonly #version: 1 | 2;
  readonly #options: Partial<SessionOptions>;
  #processes = 0;
  /** Of the next process. */
  window: Window | undefined;

  constructor(version: 1 | 2, options: Partial<SessionOptions> = {}, window?: Window) {
    this.#version = version;
    this.#options = options;
    this.window = window;
    this.#start({});
  }

  /** The same with a link that is up. */
  static up(version: 1 | 2, options: Partial<SessionOptions> = {}): StoredBench {
    const bench = new StoredBench(version, options);
    bench.meet();
    return bench;
  }

  get last(): number {
    return this.entries.at(-1)?.[0] ?? 0;
  }

  /** Begins a link; all that this end says before anything else has come. */
  meet(fields: Partial<Opening> = {}): string {
    const { process } = this;
    if (this.#version === 2) return process.meet(fields);
    process.open();
    process.receive('\n');
    return process.wire();
  }

  meetAgain(fields: Partial<Opening> = {}): string {
    this.process.cut();
    return this.meet(fields);
  }

  /** Stores what is next without calling `stored`. Returns the function that calls it. */
  append(): () => void {
    const batch = this.take();
    this.put(batch);
    const { last } = this;
    const { session } = this.process;
    return () => {
      session.stored(last);
    };
  }

  /** What is to be stored next. If nothing is done with it, it is lost. */
  take(): Batch {
    return this.process.session.takeEntries()!;
  }

  put({ expected, entries }: Batch): void {
    if (expected !== this.last) throw new Error(`an append expects ${expected}, not ${this.last}`);
    for (const entry of entries)
      this.entries.push([this.last + 1, JSON.parse(JSON.stringify(entry)) as Entry]);
  }

  /** Stores all there is and calls `stored`. Returns the entries. */
  store(): Entry[] {
    const from = this.last;
    while (this.process.session.hasEntries) this.append()();
    return this.entries.filter(([sequence]) => sequence > from).map(([, entry]) => entry);
  }

  /** What goes out when all that it waits for is stored. */
  sends(): string {
    let wire = '';
    for (;;) {
      const more = this.process.wire();
      if (more === '' && !this.process.session.mustStore) return wire;
      wire += more;
      this.store();
    }
  }

  /** The process dies, and the next one begins with what is stored. */
  restart(options: Partial<SessionOptions> = {}): void {
    this.#start(options);
  }

  /** Reads from the log what the session wants of it now. */
  readBack(): void {
    const reading = this.process.session.nextReading();
    if (reading === undefined) return;
    for (const [place, entry] of this.entries) {
      if (place < reading.from) continue;
      if (!reading.wants(place)) break;
      reading.take(place, entry);
    }
    if (reading.end() === 'lost') throw new Error('the log has lost lines');
  }

  /** The lines that can be taken. */
  taken(): UnreadLine[] {
    const lines: UnreadLine[] = [];
    const { session } = this.process;
    for (let line = session.take(); line !== undefined; line = session.take()) lines.push(line);
    return lines;
  }

  /** The frame of the peer's n-th line, counted from 0. */
  frame(n: number, text: string): string {
    return this.#version === 1 ? `${n.toString(16).padStart(2, '0')}${text}\n` : `${n + 1} ${text}\n`;
  }

  /** Receives the first lines of the peer; they are stored. */
  receive(...lines: string[]): void {
    this.process.receive(lines.map((line, n) => this.frame(n, line)).join(''));
    this.store();
  }

  /** What is loaded: the last checkpoint and what comes after it. */
  load(entries = this.entries): readonly (readonly [number, Entry])[] {
    const checkpoint = entries.findLastIndex(([, { kind }]) => kind === 'checkpoint');
    return entries.slice(Math.max(0, checkpoint));
  }

  #start(options: Partial<SessionOptions>): void {
    const epoch = `a${++this.#processes}`;
    let drawn = epoch;
    const stored = this.last === 0 ? undefined : { last: this.last, entries: this.load() };
    const drawEpoch = () => {
      const next = drawn;
      drawn += 'f';
      return next;
    };
    this.process = new BenchV2(
      { protocol: this.#version, drawEpoch, ...this.#options, ...options },
      { owner: { kind: 'owner', epoch, node: 'test' }, stored, window: this.window },
    );
  }
}
