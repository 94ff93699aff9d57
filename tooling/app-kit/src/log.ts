/** The events of a link that a program reports, and a log that prints them. */
import colors from 'picocolors';

/** The properties of a link that a log uses. */
export interface LinkFacts {
  readonly connects: number;
  readonly stats: {
    /** The version of the protocol. Undefined before the first link. */
    readonly protocol: 1 | 2 | undefined;
    readonly outages: number;
    readonly retransmitted: number;
    readonly duplicatesDropped: number;
  };
}

export interface LinkLog {
  /** Information. */
  note(text: string): void;
  state(up: boolean, link: LinkFacts): void;
  /** A line whose content is not what the program expects. */
  nonsense(line: string): void;
  /** A problem, such as a server that does not answer. */
  trouble(message: string): void;
}

/** Prints a line to standard output. */
export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

let lastSaid = '';

/**
 * Prints a line, unless it is the same as the previous line of `sayOnce`. For messages that each attempt
 * would repeat.
 */
export function sayOnce(line: string): void {
  if (line !== lastSaid) say(line);
  lastSaid = line;
}

/** The output of a run with several processes. */
export interface Output {
  /** A step of the run. */
  readonly step: (text: string) => void;
  /** A line printed by one of its processes. */
  readonly line: (name: string, text: string) => void;
}

/**
 * Prints each step, and each line after the name of its process, with the seconds since the start of the
 * program.
 */
export function timedOutput(): Output {
  const step = (text: string): void => {
    const seconds = (performance.now() / 1000).toFixed(1).padStart(6);
    say(`${colors.dim(`${seconds} s`)}  ${text}`);
  };
  return { step, line: (name, text) => step(`${colors.cyan(name)}  ${text}`) };
}

/**
 * A hook for `badServer`: reports the error and retries, so that a server may be started after its clients.
 */
export function tryAgain(log: Pick<LinkLog, 'trouble'>): (error: Error) => void {
  return (error) => {
    const dot = /[.?]$/.test(error.message) ? '' : '.';
    log.trouble(`${error.message}${dot} Trying again until it answers.`);
  };
}

export interface PrintingLogOptions {
  /** Prefix of each line. Default: none. */
  readonly name?: string;
  /** Prints `nonsense` and `trouble` only. Default: false. */
  readonly quiet?: boolean;
  /** Once it is aborted, changes of the link are not printed, because the link ends with the program. */
  readonly stop: AbortSignal;
  /** Called with each line. Default: prints to standard output. */
  readonly print?: (line: string) => void;
}

/** Prints one line for each event. */
export class PrintingLog implements LinkLog {
  readonly #expected: string;
  readonly #name: string;
  readonly #quiet: boolean;
  readonly #stop: AbortSignal;
  readonly #out: (line: string) => void;
  #lastTrouble = '';

  /** @param expected the expected content of lines, for the message of `nonsense` */
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

  /** Repeated messages of the same problem are printed once. */
  trouble(message: string): void {
    if (message !== this.#lastTrouble) this.#print(colors.yellow(message));
    this.#lastTrouble = message;
  }

  #print(text: string): void {
    this.#out(`${this.#name}${text}`);
  }
}
