import type { Link, Log } from './log.js';
import type { Data } from './message.js';
import { tell, type EndReport } from './news.js';

export interface EndOptions {
  /** The client's. */
  readonly id: string;
  /** Where the count stands in the lines that come. */
  readonly countAt: number;
}

const NOTHING_YET = { outages: 0, retransmitted: 0, duplicatesDropped: 0 };

/** Keeps what the demo wants to know of one end, and passes everything on. It grows for as long as the demo runs. */
export class RecordingLog implements Log {
  readonly #end: EndOptions;
  readonly #next: Log;
  readonly #received: number[] = [];
  #sent = 0;
  #link: Link | undefined;

  constructor(end: EndOptions, next: Log) {
    this.#end = end;
    this.#next = next;
  }

  writing(data: Data): void {
    this.#sent += 1;
    this.#next.writing(data);
  }

  sent(data: Data): void {
    this.#next.sent(data);
  }

  got(data: Data): void {
    this.#received.push(data[this.#end.countAt] ?? -1);
    this.#next.got(data);
  }

  state(up: boolean, link: Link): void {
    this.#link = link;
    if (up) tell({ type: 'up', id: this.#end.id, connects: link.connects });
    this.#next.state(up, link);
  }

  nonsense(line: string): void {
    this.#received.push(-1);
    this.#next.nonsense(line);
  }

  trouble(message: string): void {
    this.#next.trouble(message);
  }

  report(): EndReport {
    const { outages, retransmitted, duplicatesDropped } = this.#link?.stats ?? NOTHING_YET;
    const counts = { sent: this.#sent, received: this.#received };
    return { id: this.#end.id, ...counts, outages, retransmitted, duplicatesDropped };
  }
}
