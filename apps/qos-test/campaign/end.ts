/** One end of the link through all its runs. */
import { join } from 'node:path';
import type { ProcessGroup, WorkerProcess } from '@iot/app-kit';
import { now, readJournal } from './journal.js';
import type { EndName } from './plan.js';
import type { RunOfEnd } from './verdict.js';
import type { Facts, News, Order, Role } from './worker.js';

export type Group = ProcessGroup<Order, News>;

/** What a process has told so far. */
interface Told {
  up: boolean;
  /** Writes that had not resolved when the link went down for the n-th time. */
  readonly unresolvedAtDown: number[];
  /** Since when the link is up, on the clock of `performance`. */
  upSince: number;
  facts: Facts;
}

const NO_FACTS: Facts = {
  connects: 0,
  protocol: undefined,
  unresolved: 0,
  outages: 0,
  retransmitted: 0,
  duplicatesDropped: 0,
};

interface Run {
  readonly number: number;
  readonly journal: string;
  readonly startedAt: number;
  readonly worker: WorkerProcess<Order, News>;
  readonly told: Told;
  /** Killed by then. */
  diedAt: number | undefined;
}

export interface EndOptions extends Omit<Role, 'run' | 'journal'> {
  /** Where the journals go. */
  readonly folder: string;
}

export class End {
  readonly name: EndName;
  readonly #group: Group;
  readonly #options: EndOptions;
  readonly #runs: Run[] = [];
  /** Lines that may be written, in all runs. */
  #allowed = 0;
  /** Lines that former runs have written. */
  #written = 0;
  /** Lines that former runs have told to have read. */
  #read = 0;

  constructor(group: Group, options: EndOptions) {
    this.name = options.end;
    this.#group = group;
    this.#options = options;
  }

  /** The process of now. */
  get worker(): WorkerProcess<Order, News> {
    return this.#runs.at(-1)!.worker;
  }

  /** What it has told. */
  get told(): Told {
    return this.#runs.at(-1)!.told;
  }

  get kills(): number {
    return this.#runs.filter(({ diedAt }) => diedAt !== undefined).length;
  }

  /** Lines read in all runs; a few may not have been told. */
  get read(): number {
    return this.#read + (this.worker.latest('progress')?.read ?? 0);
  }

  start(): void {
    const number = this.#runs.length + 1;
    const { folder, ...settings } = this.#options;
    const journal = join(folder, `${this.name}-${number}.bin`);
    const startedAt = now();
    const told: Told = { up: false, unresolvedAtDown: [], upSince: 0, facts: NO_FACTS };
    const role: Role = { ...settings, run: number, journal };
    const worker = this.#group.start({
      name: `${this.name} ${number}`,
      program: new URL('worker.js', import.meta.url),
      role,
      heard: (news) => {
        if (news.type === 'progress') this.#group.progress();
        else if (news.type === 'report') told.facts = news.facts;
        // Once it has been told to end, a link that goes down is no outage.
        else if (news.type === 'state' && !worker.askedToEnd) hearState(told, news.up, news.facts);
      },
    });
    this.#runs.push({ number, journal, startedAt, worker, told, diedAt: undefined });
    this.#tellAllowed();
  }

  /** Kills the process, with writes and reads under way. */
  async kill(): Promise<void> {
    const run = this.#runs.at(-1)!;
    await this.#group.kill(run.worker);
    run.diedAt = now();
    this.#read = this.read;
    this.#written += readJournal(run.journal).filter(({ kind }) => kind === 'wrote').length;
  }

  /** Lets this number of lines be written, in all runs. What a run that was killed had left goes to the next. */
  allow(lines: number): void {
    this.#allowed = lines;
    this.#tellAllowed();
  }

  /** What the process says of itself now is in `told.facts` then. */
  async report(): Promise<void> {
    const { worker } = this;
    const reports = worker.count('report');
    worker.ask({ type: 'report' });
    await this.#group.until(`the report of ${worker.name}`, () => worker.count('report') > reports, 30_000);
  }

  /** Over all runs; those that were killed may have counted some more than they told. */
  total(name: 'outages' | 'retransmitted' | 'duplicatesDropped'): number {
    return this.#runs.reduce((sum, { told }) => sum + told.facts[name], 0);
  }

  /** The version of the wire that the newest run speaks. */
  get protocol(): 1 | 2 | undefined {
    return this.#runs.at(-1)?.told.facts.protocol;
  }

  /** The journals of all runs. */
  runs(): RunOfEnd[] {
    return this.#runs.map(({ number, journal, startedAt, diedAt }) => ({
      ...{ run: number, startedAt, diedAt },
      records: readJournal(journal),
    }));
  }

  #tellAllowed(): void {
    this.worker.ask({ type: 'allow', lines: this.#allowed - this.#written });
  }
}

function hearState(told: Told, up: boolean, facts: Facts): void {
  told.facts = facts;
  told.up = up;
  if (up) told.upSince = performance.now();
  else told.unresolvedAtDown.push(facts.unresolved);
}
