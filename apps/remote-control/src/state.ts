/**
 * The content of a line: `[level, seq, link]`, as JSON.
 *
 * `level` is the value that a board reads at the pin of its button. A press pulls the pin low, so 0 is on. A
 * board sends and reads only `level`, so either client of this server can be a board. `seq` and `link` form
 * the stamp, from which the other end decides which state is the newest (newest.ts).
 */
export interface State {
  readonly on: boolean;
  /** Absent in lines of a board. */
  readonly stamp?: Stamp;
}

export interface Stamp {
  /** Counts the states sent on this link: 1, 2, 3 … */
  readonly seq: number;
  /** Identifies the link: a random number that the sender draws each time its link comes up. */
  readonly link: number;
}

export function format({ on, stamp }: Required<State>): string {
  return JSON.stringify([on ? 0 : 1, stamp.seq, stamp.link]);
}

/**
 * The state in a line. Returns undefined for any other line, because invalid input of a board must not stop a
 * server.
 */
export function parse(line: string): State | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (!Array.isArray(value)) return undefined;
  const [level, seq, link] = value as unknown[];
  if (typeof level !== 'number' && typeof level !== 'boolean') return undefined;
  const on = Number(level) === 0;
  return typeof seq === 'number' && typeof link === 'number' ? { on, stamp: { seq, link } } : { on };
}
