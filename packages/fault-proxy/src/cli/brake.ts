/** Lines that a crowd of links would repeat by the thousand: the first of a second are printed, the others are counted. */
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

  /** A second is over. */
  release(): void {
    const more = this.#count - MOST_A_SECOND;
    this.#count = 0;
    if (more > 0) this.#say(`and ${more} more of these`);
  }
}
