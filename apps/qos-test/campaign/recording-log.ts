/** What a process of the campaign does with the events of its traffic: it keeps a journal, and passes everything on. */
import type { LinkFacts } from '@iot/app-kit';
import { TestLog } from '../src/log.js';
import type { Message } from '../src/message.js';
import type { Journal } from './journal.js';
import type { Facts, News } from './worker.js';

/** After how many lines read the next news of it comes. */
const PROGRESS = 8;

export interface RecordingLogOptions {
  /** The number of the run. */
  readonly run: number;
  readonly journal: Journal;
  /** The texts say which line they are. */
  readonly unique: boolean;
  readonly stop: AbortSignal;
  readonly tell: (news: News) => void;
}

export class RecordingLog extends TestLog {
  readonly #options: RecordingLogOptions;
  #read = 0;
  #unresolved = 0;
  #link: LinkFacts | undefined;

  constructor(options: RecordingLogOptions) {
    super({ quiet: true, stop: options.stop });
    this.#options = options;
  }

  get facts(): Facts {
    const { connects = 0, stats } = this.#link ?? {};
    const { outages = 0, retransmitted = 0, duplicatesDropped = 0 } = stats ?? {};
    const { protocol } = stats ?? {};
    return { connects, protocol, unresolved: this.#unresolved, outages, retransmitted, duplicatesDropped };
  }

  override wrote(id: number): void {
    this.#options.journal.add('wrote', this.#options.run, id);
    this.#unresolved += 1;
  }

  override resolved(id: number): void {
    this.#options.journal.add('resolved', this.#options.run, id);
    this.#unresolved -= 1;
  }

  override read({ id, run, data }: Message, redelivered: boolean): void {
    const { unique, journal, tell } = this.#options;
    if (unique && run === undefined) return this.nonsense(JSON.stringify(data));
    journal.add(redelivered ? 'redelivered' : 'read', run ?? 0, id);
    this.#read += 1;
    if (this.#read % PROGRESS === 0) tell({ type: 'progress', read: this.#read });
  }

  override nonsense(line: string): void {
    this.#options.journal.add('nonsense', 0, 0);
    super.nonsense(line);
  }

  override state(up: boolean, link: LinkFacts): void {
    this.#link = link;
    this.#options.tell({ type: 'state', up, facts: this.facts });
  }
}
