/**
 * Checks the lines of one direction, which are numbered from 0 and written one after the other. Counts lines
 * that were delivered, lost, doubled or changed.
 */
export class Tally {
  readonly name: string;
  readonly #firstMayComeAgain: boolean;
  #next = 0;
  #firstAgain = 0;
  #lost = 0;
  #doubled = 0;
  #changed = 0;

  /** `firstMayComeAgain`: an original delivers the first line of a sender again when its ack is lost (its mistake 1). */
  constructor(name: string, { firstMayComeAgain = false } = {}) {
    this.name = name;
    this.#firstMayComeAgain = firstMayComeAgain;
  }

  /** The text of line `n`. */
  line(n: number): string {
    return `${this.name} ${n}`;
  }

  /** Number of lines that have been delivered or lost. */
  get count(): number {
    return this.#next;
  }

  delivered(line: string): void {
    const n = Number(line.slice(this.name.length + 1));
    if (!Number.isInteger(n) || line !== this.line(n)) this.#changed += 1;
    else if (n >= this.#next) {
      this.#lost += n - this.#next;
      this.#next = n + 1;
    } else if (n === 0 && this.#firstMayComeAgain) this.#firstAgain += 1;
    else this.#doubled += 1;
  }

  /** `written` lines have been written and acked; true when each has been delivered once, in order. */
  isRight(written: number): boolean {
    return this.#next === written && this.#lost + this.#doubled + this.#changed === 0;
  }

  /** The counts in words. */
  toString(): string {
    const again = this.#firstMayComeAgain ? `, the first again ${this.#firstAgain} times` : '';
    return `${this.name}: ${this.#next} lines, ${this.#lost} lost or late, ${this.#doubled} doubled, ${this.#changed} changed${again}`;
  }
}
