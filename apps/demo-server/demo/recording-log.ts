/** Keeps what the demo wants to know of one end, and passes everything on. It grows for as long as the demo runs. */
import type { LinkFacts } from '@iot/app-kit';
import { DemoLog } from '../src/log.js';
import type { Data } from '../src/message.js';
import type { PrintingLogOptions } from '@iot/app-kit';

/** What one end of a link saw. */
export interface EndReport {
  /** The client's id. */
  readonly id: string;
  /** Lines sent: their counts are 0, 1, 2 … */
  readonly sent: number;
  /** The counts of the lines that came, in their order. */
  readonly received: readonly number[];
  readonly outages: number;
  readonly retransmitted: number;
  readonly duplicatesDropped: number;
}

export interface RecordingLogOptions extends PrintingLogOptions {
  /** The client's. */
  readonly id: string;
  /** The position of the count in the lines that come. */
  readonly countAt: number;
  /** Called after each change, in the same turn of the event loop. */
  readonly changed?: (log: RecordingLog) => void;
}

const NOTHING_YET = { outages: 0, retransmitted: 0, duplicatesDropped: 0 };

export class RecordingLog extends DemoLog {
  readonly #options: RecordingLogOptions;
  readonly #received: number[] = [];
  #written = 0;
  #taken = 0;
  #connects = 0;
  #link: LinkFacts | undefined;

  constructor(options: RecordingLogOptions) {
    super(options);
    this.#options = options;
  }

  /** Lines that were sent and are acked; those of a board have been taken by its bridge. */
  get linesTaken(): number {
    return this.#taken;
  }

  /** How many times the link has come up. */
  get connects(): number {
    return this.#connects;
  }

  override writing(): void {
    this.#written += 1;
  }

  override sent(data: Data): void {
    super.sent(data);
    this.#taken += 1;
    this.#changed();
  }

  override got(data: Data): void {
    super.got(data);
    this.#received.push(data[this.#options.countAt] ?? -1);
    this.#changed();
  }

  override nonsense(line: string): void {
    super.nonsense(line);
    this.#received.push(-1);
  }

  override state(up: boolean, link: LinkFacts): void {
    super.state(up, link);
    this.#link = link;
    this.#connects = link.connects;
    this.#changed();
  }

  report(): EndReport {
    const { outages, retransmitted, duplicatesDropped } = this.#link?.stats ?? NOTHING_YET;
    const counts = { sent: this.#written, received: this.#received };
    return { id: this.#options.id, ...counts, outages, retransmitted, duplicatesDropped };
  }

  #changed(): void {
    this.#options.changed?.(this);
  }
}
