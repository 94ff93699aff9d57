/** Prints the progress of a fleet while it runs, and the table at its end. */
import { printable, Screen, type Out } from '@iot/app-kit';
import type { Fleet, FleetCounts, FleetWatcher } from './fleet.js';

/** Seconds between two summaries when the output is not a terminal. */
const SUMMARY_S = 10;

/**
 * Maximum number of different error messages that are printed, each once, because in a large fleet hundreds
 * of boards have the same error.
 */
const MOST_TROUBLES = 20;

/**
 * Prints a line for each event. Shows the counts below them on a terminal, and otherwise every `SUMMARY_S`
 * seconds.
 */
export class View implements FleetWatcher {
  readonly #screen: Screen;
  readonly #live: boolean;
  readonly #each: boolean;
  readonly #troubles = new Set<string>();
  #ticker: NodeJS.Timeout | undefined;

  /**
   * @param each true: print the events of each board
   */
  constructor(out: Out, each: boolean) {
    this.#screen = new Screen(out);
    this.#live = out.isTTY === true;
    this.#each = each;
  }

  watch(fleet: Fleet): void {
    let seconds = 0;
    this.#ticker = setInterval(() => {
      seconds += 1;
      if (this.#live) this.#screen.status(summary(fleet.counts));
      else if (seconds % SUMMARY_S === 0) this.#screen.line(summary(fleet.counts));
    }, 1000);
  }

  end(): void {
    clearInterval(this.#ticker);
    this.#screen.end();
  }

  state(id: string, up: boolean): void {
    if (this.#each) this.#screen.line(`${id} is ${up ? 'up' : 'down'}`);
  }

  arrived(id: string, line: string): void {
    if (this.#each) this.#screen.line(`${id} got ${printable(line)}`);
  }

  trouble(id: string, message: string): void {
    if (this.#troubles.size === MOST_TROUBLES || this.#troubles.has(message)) return;
    this.#troubles.add(message);
    this.#screen.line(`${id}: ${printable(message)}`);
  }
}

function summary({ boards, up, written, acked, outages, ackMs }: FleetCounts): string {
  const ack = ackMs.p50 === undefined ? '' : `, write to ack ${ms(ackMs.p50)} (median)`;
  return `${up} of ${boards} up, ${written} lines, ${acked} acked, ${outages} outages${ack}`;
}

export function table({
  boards,
  up,
  written,
  acked,
  received,
  outages,
  repeats,
  ackMs,
}: FleetCounts): string[] {
  const rows: readonly (readonly [string, string | number])[] = [
    ['boards', boards],
    ['up at the end', up],
    ['lines written', written],
    ['lines acked', acked],
    ['not acked', written - acked],
    ['lines received', received],
    ['outages', outages],
    ['lines sent again', repeats],
    ...(ackMs.p50 === undefined
      ? []
      : (['p50', 'p99', 'max'] as const).map((name) => [`write to ack, ${name}`, ms(ackMs[name])] as const)),
  ];
  return rows.map(([name, value]) => `${name.padEnd(20)}${String(value).padStart(12)}`);
}

function ms(value = 0): string {
  return `${value.toFixed(value < 10 ? 1 : 0)} ms`;
}
