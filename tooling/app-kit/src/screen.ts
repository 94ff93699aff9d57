/** Prints lines for events. On a terminal, also shows a status line below them, which is updated. */

/** The parts of `process.stdout` that are used. */
export interface Out {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const CLEAR_LINE = '\r\x1b[2K';

export class Screen {
  readonly #out: Out;
  #status = '';

  constructor(out: Out) {
    this.#out = out;
  }

  line(text: string): void {
    this.#out.write(this.#out.isTTY ? `${CLEAR_LINE}${text}\n${this.#status}` : `${text}\n`);
  }

  /** Replaces the status line. Does nothing without a terminal. */
  status(text: string): void {
    if (!this.#out.isTTY) return;
    // A line as wide as the terminal would wrap, and could not be cleared.
    this.#status = text.slice(0, (this.#out.columns ?? 80) - 1);
    this.#out.write(`${CLEAR_LINE}${this.#status}`);
  }

  /** Removes the status line, and leaves the cursor at the beginning of a line. */
  end(): void {
    this.status('');
  }
}
