/** What an app tells of, and how a person sees it. */
import colors from 'picocolors';
import type { Data } from './message.js';

/** What a log may ask about a link; both ends of `@iot` links have it. */
export interface Link {
  readonly connects: number;
  readonly stats: {
    readonly outages: number;
    readonly retransmitted: number;
    readonly duplicatesDropped: number;
  };
}

export interface Log {
  /** A line is to be sent: called before its write, which in an outage waits. */
  writing(data: Data): void;
  /** Its write has resolved: it has come. */
  sent(data: Data): void;
  got(data: Data): void;
  state(up: boolean, link: Link): void;
  /** A line that holds no list. */
  nonsense(line: string): void;
  /** It does not work yet. */
  trouble(message: string): void;
}

/** Prints a line to standard output. */
export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

export interface PrintingLogOptions {
  /** What each line begins with. Default: nothing. */
  readonly name?: string;
  /** Prints `nonsense` and `trouble` only. */
  readonly quiet: boolean;
  /** Once it is aborted nothing is said of the link, which ends with the program. */
  readonly stop: AbortSignal;
  /** Where its lines go. Default: to standard output. */
  readonly print?: (line: string) => void;
}

/** Prints one line for everything that happens. */
export class PrintingLog implements Log {
  readonly #name: string;
  readonly #quiet: boolean;
  readonly #stop: AbortSignal;
  readonly #out: (line: string) => void;
  #lastTrouble = '';

  constructor({ name, quiet, stop, print = say }: PrintingLogOptions) {
    this.#name = name === undefined ? '' : `${colors.cyan(name)}  `;
    this.#quiet = quiet;
    this.#stop = stop;
    this.#out = print;
  }

  writing(): void {
    // What waits in an outage may never go out: the line that was sent says enough.
  }

  sent(data: Data): void {
    if (!this.#quiet) this.#print(`sent ${JSON.stringify(data)}`);
  }

  got(data: Data): void {
    if (!this.#quiet) this.#print(`${colors.bold('got')}  ${JSON.stringify(data)}`);
  }

  state(up: boolean, { connects }: Link): void {
    if (this.#quiet || this.#stop.aborted) return;
    const again = connects > 1 ? ` again (link ${connects})` : '';
    this.#print(up ? colors.green(`link up${again}`) : colors.red('link down, until it comes back'));
  }

  nonsense(line: string): void {
    this.#print(colors.yellow(`got what is no list of numbers: ${JSON.stringify(line)}`));
  }

  /** The same trouble, attempt after attempt, is said once. */
  trouble(message: string): void {
    if (message !== this.#lastTrouble) this.#print(colors.yellow(message));
    this.#lastTrouble = message;
  }

  #print(text: string): void {
    this.#out(`${this.#name}${text}`);
  }
}
