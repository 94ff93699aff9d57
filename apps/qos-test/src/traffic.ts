/** Both directions of one end: writes messages, reads messages, and checks the messages read. */
import type { LinkFacts } from '@iot/app-kit';
import type { Message as LinkMessage } from '@iot/connection';
import { Checker } from './checker.js';
import type { Log } from './log.js';
import { parse, type Data, type Message, type Sender } from './message.js';
import type { Pace } from './pace.js';

/**
 * `standard`: each write waits for the ack of the previous write. `fast`: bursts of writes with `wait:
 * false`.
 */
export type Mode = 'standard' | 'fast';

/** Lines of a burst, by mode. */
export const BURST = { standard: 1, fast: 4 } as const;

/** Maximum number of unresolved writes in the fast mode: the library's default of lines in flight. */
const MOST_UNRESOLVED = 16;

/** One end of a link: a `Connection`, or the campaign's model of an original. */
export interface Link extends LinkFacts {
  readonly status: boolean;
  on(event: 'state', listener: (up: boolean) => void): unknown;
  ready(): Promise<void>;
  write(line: string, flags: { readonly qos: boolean; readonly wait: boolean }): Promise<void>;
  messages(): AsyncIterable<LinkMessage>;
}

export interface TrafficOptions {
  readonly mode: Mode;
  readonly pace: Pace;
  /** The sender of the messages that this end reads. */
  readonly from: Sender;
  /** The message with this id. */
  readonly message: (id: number) => Data;
  readonly log: Log;
}

export class Traffic {
  readonly checker = new Checker();
  readonly link: Link;
  /** Resolves once the pace allows no further line and every line is acked. */
  readonly finished: Promise<void>;
  readonly #options: TrafficOptions;
  readonly #reading: Promise<void>;
  #last: Message | undefined;
  #unresolved = 0;
  #settled: (() => void) | undefined;
  #failure: unknown;

  /** Starts at once. The link must have been up before. */
  constructor(link: Link, options: TrafficOptions) {
    this.link = link;
    this.#options = options;
    options.log.state(link.status, link);
    link.on('state', (up) => {
      options.log.state(up, link);
    });
    this.finished = options.mode === 'fast' ? this.#writeFast() : this.#writeStandard();
    this.#reading = this.#read();
  }

  /** The last message received. */
  get last(): Message | undefined {
    return this.#last;
  }

  /** Writes that have not resolved. */
  get unresolved(): number {
    return this.#unresolved;
  }

  /** Runs until the link is closed. */
  async run(): Promise<void> {
    await Promise.all([this.#reading, this.finished]);
  }

  async #read(): Promise<void> {
    const { from, log } = this.#options;
    // During an outage this loop waits.
    for await (const received of this.link.messages()) {
      const message = parse(received.text, from);
      if (message === undefined) log.nonsense(received.text);
      else {
        this.checker.see(message.id, message.run);
        this.#last = message;
        log.read(message, received.redelivered);
      }
      received.done();
    }
  }

  async #writeStandard(): Promise<void> {
    const { pace } = this.#options;
    for (let id = 0; await pace.turn(id); id++) await this.#write(id, true); // resolves at the ack, after the end of an outage
  }

  async #writeFast(): Promise<void> {
    const { pace } = this.#options;
    for (let id = 0; await pace.turn(id); id++) {
      // A burst is sent only while the link is up and earlier lines are being acked.
      await this.link.ready();
      if (id % BURST.fast === 0) await this.#unresolvedAtMost(MOST_UNRESOLVED - BURST.fast);
      this.#write(id, false).catch((error: unknown) => {
        this.#failure = error;
      });
    }
    await this.#unresolvedAtMost(0);
  }

  async #write(id: number, wait: boolean): Promise<void> {
    const { message, log } = this.#options;
    const data = message(id);
    log.wrote(id, data);
    this.#unresolved += 1;
    try {
      await this.link.write(JSON.stringify(data), { qos: true, wait });
      log.resolved(id);
    } finally {
      this.#unresolved -= 1;
      this.#settled?.();
    }
  }

  async #unresolvedAtMost(count: number): Promise<void> {
    while (this.#unresolved > count) {
      await new Promise<void>((resolve) => {
        this.#settled = resolve;
      });
    }
    if (this.#failure !== undefined) throw this.#failure as Error;
  }
}
