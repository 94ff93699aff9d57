/** Shows the progress of the bench: a bar below the tables on a terminal, otherwise a line for each row. */
import { Screen } from '@iot/app-kit';

const WIDTH = 24;

export class Progress {
  readonly #screen: Screen;
  readonly #live: boolean;
  readonly #totalSeconds: number;
  readonly #startedAt = performance.now();
  #doneSeconds = 0;

  /**
   * @param totalSeconds estimated duration of the bench
   * @param live true if a bar can be drawn
   */
  constructor(totalSeconds: number, live: boolean) {
    this.#totalSeconds = totalSeconds;
    this.#live = live;
    this.#screen = new Screen({
      isTTY: live,
      columns: process.stdout.columns,
      write: (text) => process.stdout.write(text),
    });
  }

  line(text: string): void {
    this.#screen.line(text);
  }

  row(title: string): void {
    if (!this.#live) this.#screen.line(`${bar(this.#share)}  ${title}`);
  }

  /** Shows the current measurement. */
  at(what: string): void {
    this.#screen.status(`${bar(this.#share)}  ${what}${this.#left()}`);
  }

  /** Adds finished work of this estimated duration. */
  done(seconds: number): void {
    this.#doneSeconds += seconds;
  }

  end(): void {
    this.#screen.end();
  }

  get #share(): number {
    return this.#doneSeconds / this.#totalSeconds;
  }

  #left(): string {
    if (this.#doneSeconds === 0) return '';
    const seconds = ((performance.now() - this.#startedAt) / 1000) * (1 / this.#share - 1);
    return seconds < 90 ? `, ${seconds.toFixed(0)} s left` : `, ${(seconds / 60).toFixed(0)} min left`;
  }
}

/** @param share from 0 to 1 */
export function bar(share: number): string {
  const full = Math.round(WIDTH * Math.min(1, share));
  const percent = `${(100 * Math.min(1, share)).toFixed(0)} %`;
  return `[${'#'.repeat(full)}${'-'.repeat(WIDTH - full)}] ${percent.padStart(5)}`;
}
