/** A process of a campaign: it keeps the log of its life, writes what it is allowed to, and tells how it goes. */
import { LifeLog } from './life-log.js';
import { PrintingLog, type LinkFacts, type Log } from './log.js';
import type { Message } from './message.js';
import { part, tell, type Facts, type Order, type Part } from './news.js';
import { Allowance, Steady, type Pace } from './pace.js';
import { BURST, type Mode, type Traffic } from './traffic.js';

export interface Role {
  readonly log: Log;
  readonly pace: Pace;
  /** The last element of this process's messages: nothing but in a campaign. */
  readonly life: readonly number[];
  /** To be called once there is traffic. */
  readonly begin: (traffic: Traffic) => void;
}

export interface RoleOptions {
  readonly mode: Mode;
  readonly interval: number;
  readonly quiet: boolean;
  readonly stop: AbortSignal;
}

/** What this process is to do: as it is, or in a campaign what that asks of it. */
export function role({ mode, interval, quiet, stop }: RoleOptions): Role {
  const log = new PrintingLog({ quiet, stop });
  const mine = part();
  if (mine !== undefined) return campaignRole(mine, log);
  return { log, pace: new Steady(BURST[mode], interval, stop), life: [], begin: () => undefined };
}

function campaignRole(mine: Part, next: Log): Role {
  const log = new RecordingLog(mine, next);
  const pace = new Allowance();
  process.on('message', (order: Order) => {
    if (order.type === 'allow') pace.allow(order.lines);
    if (order.type === 'finish') pace.finish();
    if (order.type === 'report') tell({ type: 'report', facts: log.facts });
  });
  return {
    log,
    pace,
    life: [mine.life],
    begin: ({ finished }) => {
      // Failures are the program's, which runs the traffic.
      finished.then(
        () => {
          tell({ type: 'finished' });
        },
        () => undefined,
      );
    },
  };
}

/** News of lines read come after so many. */
const PROGRESS = 8;

/** Keeps the log of a life and passes everything on. */
class RecordingLog implements Log {
  readonly #life: number;
  readonly #file: LifeLog;
  readonly #next: Log;
  #read = 0;
  #unresolved = 0;
  #link: LinkFacts | undefined;

  constructor({ life, log }: Part, next: Log) {
    this.#life = life;
    this.#file = new LifeLog(log);
    this.#next = next;
  }

  get facts(): Facts {
    const { connects = 0, stats } = this.#link ?? {};
    const { outages = 0, retransmitted = 0, duplicatesDropped = 0 } = stats ?? {};
    return { connects, unresolved: this.#unresolved, outages, retransmitted, duplicatesDropped };
  }

  wrote(id: number, data: readonly number[]): void {
    this.#file.add('wrote', this.#life, id);
    this.#unresolved += 1;
    this.#next.wrote(id, data);
  }

  resolved(id: number): void {
    this.#file.add('resolved', this.#life, id);
    this.#unresolved -= 1;
    this.#next.resolved(id);
  }

  read(message: Message): void {
    if (message.life === undefined) return this.nonsense(JSON.stringify(message.data));
    this.#file.add('read', message.life, message.id);
    this.#read += 1;
    if (this.#read % PROGRESS === 0) tell({ type: 'progress', read: this.#read });
    this.#next.read(message);
  }

  nonsense(line: string): void {
    this.#file.add('nonsense', 0, 0);
    this.#next.nonsense(line);
  }

  state(up: boolean, link: LinkFacts): void {
    this.#link = link;
    tell({ type: 'state', up, facts: this.facts });
    this.#next.state(up, link);
  }

  trouble(message: string): void {
    this.#next.trouble(message);
  }
}
