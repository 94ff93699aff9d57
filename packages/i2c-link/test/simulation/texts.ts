import type { Random } from '@iot/simulation';

/** Bytes of a line: nothing, one, and about what a transfer or several carry with the header and the newline. */
const COMMON = [1, 12, 12, 30, 60, 120, 197, 198];
const LONG = [199, 200, 201, 202, 396, 397, 600, 5000];

const FILLING = ['a', '\r', 'é', '€', '😀', '0', '\u0080'];

/** Makes lines that are all different, or all the same. */
export class Texts {
  readonly #name: string;
  readonly #random: Random;
  readonly #identical: boolean;
  /** Lines that do not fit into one transfer are made too. */
  readonly #long: boolean;
  #count = 0;
  #tiny = 0;

  constructor(name: string, random: Random, { identical, long }: { identical: boolean; long: boolean }) {
    this.#name = name;
    this.#random = random;
    this.#identical = identical;
    this.#long = long;
  }

  next(): string {
    this.#count += 1;
    const random = this.#random;
    const bytes = random.pick(this.#long && random.chance(0.3) ? LONG : COMMON);
    if (this.#identical) return 'the same';
    return bytes === 1 ? this.#oneCharacter() : this.#filled(bytes);
  }

  /** One byte, as long as there are unused ones. */
  #oneCharacter(): string {
    this.#tiny += 1;
    if (String.fromCodePoint(this.#tiny) === '\n') this.#tiny += 1;
    return String.fromCodePoint(this.#tiny);
  }

  #filled(bytes: number): string {
    let text = `${this.#name}${this.#count}:`;
    let left = bytes - text.length;
    while (left > 0) {
      const next = this.#random.pick(FILLING);
      const length = new TextEncoder().encode(next).length;
      if (length > left) continue;
      text += next;
      left -= length;
    }
    return text;
  }
}
