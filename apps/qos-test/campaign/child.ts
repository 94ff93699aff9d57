/** One process of the campaign: a life of the server or of the client. */
import { fork, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { MARK, type Facts, type News, type Order, type Part } from '../src/news.js';
import type { EndName } from './plan.js';

/** After it has been told to end, a process has this long before it is killed. */
const GRACE_MS = 5000;

export interface ChildOptions {
  readonly program: EndName;
  readonly args: readonly string[];
  readonly part: Part;
  /** Takes each line that the process prints. */
  readonly print: (line: string) => void;
  /** Called after each news. */
  readonly changed: (news: News) => void;
}

/** What a process has told so far. */
interface Told {
  port: number | undefined;
  up: boolean;
  downs: number;
  /** Writes that had not resolved when the link went down for the n-th time. */
  unresolvedAtDown: number[];
  /** Since when the link is up, on the clock of `performance`. */
  upSince: number;
  read: number;
  finished: boolean;
  reports: number;
  facts: Facts;
}

const NO_FACTS: Facts = { connects: 0, unresolved: 0, outages: 0, retransmitted: 0, duplicatesDropped: 0 };

export class Child {
  readonly name: string;
  /** How it ended: an exit code, or the name of a signal. */
  readonly ended: Promise<number | string>;
  readonly #process: ChildProcess;
  readonly #told: Told = {
    ...{ port: undefined, up: false, downs: 0, unresolvedAtDown: [], upSince: 0 },
    ...{ read: 0, finished: false, reports: 0, facts: NO_FACTS },
  };
  #asked = false;

  constructor({ program, args, part, print, changed }: ChildOptions) {
    this.name = `${program} ${part.life}`;
    this.#process = fork(fileURLToPath(new URL(`${program}.js`, import.meta.url)), args, {
      env: { ...process.env, [MARK]: JSON.stringify(part) },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    for (const stream of [this.#process.stdout!, this.#process.stderr!]) {
      createInterface({ input: stream }).on('line', print);
    }
    this.#process.on('message', (news: News) => {
      this.#hear(news);
      changed(news);
    });
    this.ended = new Promise((resolve) => {
      this.#process.once('error', (error) => {
        resolve(error.message);
      });
      // Not 'exit': what it printed last has come by now.
      this.#process.once('close', (code, signal) => {
        resolve(code ?? signal ?? 'unknown');
      });
    });
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  get told(): Readonly<Told> {
    return this.#told;
  }

  /** True once it has been told to end, or killed. */
  get askedToEnd(): boolean {
    return this.#asked;
  }

  /** Tells the process to do something; the answer is in its news. */
  ask(order: Order): void {
    // It may have died: then `ended` tells.
    if (this.#process.connected) this.#process.send(order, () => undefined);
  }

  /** Without warning. Resolves when it has ended. */
  async kill(): Promise<void> {
    this.#asked = true;
    this.#process.kill('SIGKILL');
    await this.ended;
  }

  /** Tells the process to close everything and end; kills it when it does not. Resolves when it has ended. */
  async end(): Promise<number | string> {
    this.#asked = true;
    this.ask({ type: 'end' });
    const killer = setTimeout(() => this.#process.kill('SIGKILL'), GRACE_MS);
    const how = await this.ended;
    clearTimeout(killer);
    return how;
  }

  #hear(news: News): void {
    const told = this.#told;
    switch (news.type) {
      case 'listening':
        told.port = news.port;
        return;
      case 'state':
        if (this.#asked) return; // no outage: it closes
        told.facts = news.facts;
        told.up = news.up;
        if (news.up) {
          told.upSince = performance.now();
        } else {
          told.downs += 1;
          told.unresolvedAtDown.push(news.facts.unresolved);
        }
        return;
      case 'progress':
        told.read = news.read;
        return;
      case 'finished':
        told.finished = true;
        return;
      case 'report':
        told.facts = news.facts;
        told.reports += 1;
    }
  }
}
