/** What a program reports of a link, and how it is printed. */
import colors from 'picocolors';

/** What a log may ask about a link; both ends of `@iot` links have it. */
export interface LinkFacts {
  readonly connects: number;
  readonly stats: {
    /** The version of the wire; undefined before the first link. */
    readonly protocol: 1 | 2 | undefined;
    readonly outages: number;
    readonly retransmitted: number;
    readonly duplicatesDropped: number;
  };
}

export interface LinkLog {
  /** All is well. */
  note(text: string): void;
  state(up: boolean, link: LinkFacts): void;
  /** A line that does not hold what the program expects. */
  nonsense(line: string): void;
  /** It does not work yet. */
  trouble(message: string): void;
}

/** Prints a line to standard output. */
export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

let lastSaid = '';

/** Prints a line that attempt after attempt would repeat: not again, until another has come. */
export function sayOnce(line: string): void {
  if (line !== lastSaid) say(line);
  lastSaid = line;
}

/** What a person hears of a run of several processes. */
export interface Output {
  /** A step of the run. */
  readonly step: (text: string) => void;
  /** A line that one of its processes has printed. */
  readonly line: (name: string, text: string) => void;
}

/** Prints each step, and each line after its name, with the seconds since the program has started. */
export function timedOutput(): Output {
  const step = (text: string): void => {
    const seconds = (performance.now() / 1000).toFixed(1).padStart(6);
    say(`${colors.dim(`${seconds} s`)}  ${text}`);
  };
  return { step, line: (name, text) => step(`${colors.cyan(name)}  ${text}`) };
}

/** For `badServer`: reports the error and tries again, so that a server may be started after its clients. */
export function tryAgain(log: Pick<LinkLog, 'trouble'>): (error: Error) => void {
  return (error) => {
    log.trouble(`${error.message} Trying again until it answers.`);
  };
}

export interface PrintingLogOptions {
  /** What each line begins with. Default: nothing. */
  readonly name?: string;
  /** Prints `nonsense` and `trouble` only. Default: false. */
  readonly quiet?: boolean;
  /** Once it is aborted nothing is said of the link, which ends with the program. */
  readonly stop: AbortSignal;
  /** Where its lines go. Default: to standard output. */
  readonly print?: (line: string) => void;
}

/** Prints one line for everything that happens. */
export class PrintingLog implements LinkLog {
  readonly #expected: string;
  readonly #name: string;
  readonly #quiet: boolean;
  readonly #stop: AbortSignal;
  readonly #out: (line: string) => void;
  #lastTrouble = '';

  /** @param expected what the lines of the link should hold, in the words of `nonsense` */
  constructor(expected: string, { name, quiet = false, stop, print = say }: PrintingLogOptions) {
    this.#expected = expected;
    this.#name = name === undefined ? '' : `${colors.cyan(name)}  `;
    this.#quiet = quiet;
    this.#stop = stop;
    this.#out = print;
  }

  note(text: string): void {
    if (!this.#quiet) this.#print(text);
  }

  state(up: boolean, { connects }: LinkFacts): void {
    if (this.#stop.aborted) return;
    const again = connects > 1 ? ` again (link ${connects})` : '';
    this.note(up ? colors.green(`link up${again}`) : colors.red('link down, until it comes back'));
  }

  nonsense(line: string): void {
    this.#print(colors.yellow(`got a line that is not a ${this.#expected}: ${JSON.stringify(line)}`));
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
