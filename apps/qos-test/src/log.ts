/** What the traffic of one end tells of, and how a person sees it. */
import colors from 'picocolors';
import type { Data, Message } from './message.js';

/** What a log may ask about a link; both ends of `@iot` links have it. */
export interface LinkFacts {
  readonly status: boolean;
  readonly connects: number;
  readonly stats: {
    readonly outages: number;
    readonly retransmitted: number;
    readonly duplicatesDropped: number;
  };
}

export interface Log {
  /** A line is to be sent: called before its write. */
  wrote(id: number, data: Data): void;
  /** Its write has resolved: it is acked. */
  resolved(id: number): void;
  read(message: Message): void;
  /** A line that holds no message. */
  nonsense(line: string): void;
  state(up: boolean, link: LinkFacts): void;
  /** It does not work yet. */
  trouble(message: string): void;
}

/** Prints a line to standard output. */
export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

export interface PrintingLogOptions {
  /** Prints `nonsense` and `trouble` only. */
  readonly quiet: boolean;
  /** Once it is aborted nothing is said of the link, which ends with the program. */
  readonly stop: AbortSignal;
}

/** Prints one line for everything that happens. */
export class PrintingLog implements Log {
  readonly #quiet: boolean;
  readonly #stop: AbortSignal;
  #lastTrouble = '';

  constructor({ quiet, stop }: PrintingLogOptions) {
    this.#quiet = quiet;
    this.#stop = stop;
  }

  wrote(_id: number, data: Data): void {
    if (!this.#quiet) say(`sent ${JSON.stringify(data)}`);
  }

  resolved(): void {
    // The line that was sent says enough.
  }

  read({ data }: Message): void {
    if (!this.#quiet) say(`${colors.bold('got')}  ${JSON.stringify(data)}`);
  }

  nonsense(line: string): void {
    say(colors.yellow(`got what is no message of the test: ${JSON.stringify(line)}`));
  }

  state(up: boolean, { connects }: LinkFacts): void {
    if (this.#quiet || this.#stop.aborted) return;
    const again = connects > 1 ? ` again (link ${connects})` : '';
    say(up ? colors.green(`link up${again}`) : colors.red('link down, until it comes back'));
  }

  /** The same trouble, attempt after attempt, is said once. */
  trouble(message: string): void {
    if (message !== this.#lastTrouble) say(colors.yellow(message));
    this.#lastTrouble = message;
  }
}
