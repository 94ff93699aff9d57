import colors from 'picocolors';
import type { Log } from './log.js';

/** An LED, or what stands in for one. */
export interface Led {
  show(on: boolean): void;
}

/** An LED of one line for each change. */
export class PrintedLed implements Led {
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  show(on: boolean): void {
    this.#log.note(on ? `LED ${colors.green('●')} on` : `LED ${colors.dim('○')} off`);
  }
}
