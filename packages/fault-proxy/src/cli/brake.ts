/**
 * Limits the output when thousands of links start or end: prints the first lines of each second, and counts
 * the others.
 */
const MOST_A_SECOND = 20;

export class Brake {
  readonly #say: (text: string) => void;
  #count = 0;

  constructor(say: (text: string) => void) {
    this.#say = say;
  }

  say(text: string): void {
    this.#count += 1;
    if (this.#count <= MOST_A_SECOND) this.#say(text);
  }

  /** Called when a second is over: prints the count of omitted lines. */
  release(): void {
    const more = this.#count - MOST_A_SECOND;
    this.#count = 0;
    if (more > 0) this.#say(`and ${more} more of these`);
  }
}
