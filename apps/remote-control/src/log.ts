/** What an app tells of, and how a person sees it. */
import colors from 'picocolors';

export interface Log {
  /** All is well. */
  note(text: string): void;
  state(up: boolean, link: { readonly connects: number }): void;
  /** A line that holds no state. */
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
}

export class PrintingLog implements Log {
  readonly #name: string;
  readonly #quiet: boolean;
  readonly #stop: AbortSignal;
  #lastTrouble = '';

  constructor({ name, quiet, stop }: PrintingLogOptions) {
    this.#name = name === undefined ? '' : `${colors.cyan(name)}  `;
    this.#quiet = quiet;
    this.#stop = stop;
  }

  note(text: string): void {
    if (!this.#quiet) this.#print(text);
  }

  state(up: boolean, { connects }: { readonly connects: number }): void {
    if (this.#stop.aborted) return;
    const again = connects > 1 ? ` again (link ${connects})` : '';
    this.note(up ? colors.green(`link up${again}`) : colors.red('link down, until it comes back'));
  }

  nonsense(line: string): void {
    this.#print(colors.yellow(`got what is no state: ${JSON.stringify(line)}`));
  }

  /** The same trouble, attempt after attempt, is said once. */
  trouble(message: string): void {
    if (message !== this.#lastTrouble) this.#print(colors.yellow(message));
    this.#lastTrouble = message;
  }

  #print(text: string): void {
    say(`${this.#name}${text}`);
  }
}
