/** One end of the link through all its lives. */
import { join } from 'node:path';
import { now, readLifeLog } from '../src/life-log.js';
import type { Child } from './child.js';
import type { Family } from './family.js';
import type { EndName } from './plan.js';
import type { LifeOfEnd } from './verdict.js';

interface Life {
  readonly number: number;
  readonly log: string;
  readonly startedAt: number;
  readonly child: Child;
  /** Killed by then. */
  diedAt: number | undefined;
}

export interface EndOptions {
  readonly name: EndName;
  /** Where the logs go. */
  readonly folder: string;
  readonly args: readonly string[];
}

export class End {
  readonly name: EndName;
  readonly #family: Family;
  readonly #options: EndOptions;
  readonly #lives: Life[] = [];
  /** Lines that may be written, in all lives. */
  #allowed = 0;
  /** Lines that former lives have written. */
  #written = 0;
  /** Lines that former lives have told to have read. */
  #read = 0;

  constructor(family: Family, options: EndOptions) {
    this.name = options.name;
    this.#family = family;
    this.#options = options;
  }

  /** The process of now. */
  get child(): Child {
    return this.#lives.at(-1)!.child;
  }

  get kills(): number {
    return this.#lives.filter(({ diedAt }) => diedAt !== undefined).length;
  }

  /** Lines read in all lives; a few may not have been told. */
  get read(): number {
    return this.#read + this.child.told.read;
  }

  start(): void {
    const number = this.#lives.length + 1;
    const { name, folder, args } = this.#options;
    const log = join(folder, `${name}-${number}.bin`);
    const startedAt = now();
    const child = this.#family.start({ program: name, args, part: { life: number, log } });
    this.#lives.push({ number, log, startedAt, child, diedAt: undefined });
    this.#tellAllowed();
  }

  /** Kills the process, with writes and reads under way. */
  async kill(): Promise<void> {
    const life = this.#lives.at(-1)!;
    await this.#family.kill(life.child);
    life.diedAt = now();
    this.#read += life.child.told.read;
    this.#written += readLifeLog(life.log).filter(({ kind }) => kind === 'wrote').length;
  }

  /** Lets so many lines be written, in all lives. What a life that was killed had left goes to the next. */
  allow(lines: number): void {
    this.#allowed = lines;
    this.#tellAllowed();
  }

  /** What the process says of itself now is in `child.told.facts` then. */
  async report(): Promise<void> {
    const { child } = this;
    const reports = child.told.reports;
    child.ask({ type: 'report' });
    await this.#family.until(`the report of ${child.name}`, () => child.told.reports > reports);
  }

  /** Over all lives; those that were killed may have counted some more than they told. */
  total(name: 'outages' | 'retransmitted' | 'duplicatesDropped'): number {
    return this.#lives.reduce((sum, { child }) => sum + child.told.facts[name], 0);
  }

  /** The logs of all lives. */
  lives(): LifeOfEnd[] {
    return this.#lives.map(({ number, log, startedAt, diedAt }) => ({
      ...{ life: number, startedAt, diedAt },
      records: readLifeLog(log),
    }));
  }

  #tellAllowed(): void {
    this.child.ask({ type: 'allow', lines: this.#allowed - this.#written });
  }
}
