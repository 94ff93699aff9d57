/**
 * What a line holds: `[level, seq, link]`, as JSON.
 *
 * `level` is what a board reads at the pin of its button, which a press pulls low: 0 is on. A board sends nothing else
 * and looks at nothing else, so either client of this server can be a board. `seq` and `link` are the stamp by which
 * the other end knows which state is the newest (newest.ts).
 */
export interface State {
  readonly on: boolean;
  /** Absent in what a board sends. */
  readonly stamp?: Stamp;
}

export interface Stamp {
  /** Counts what the sender has told on this link: 1, 2, 3 … */
  readonly seq: number;
  /** Identifies the link: the sender draws a number each time its link comes up. */
  readonly link: number;
}

export function format({ on, stamp }: Required<State>): string {
  return JSON.stringify([on ? 0 : 1, stamp.seq, stamp.link]);
}

/** The state in a line, or undefined when it holds none: what a board sends must not stop a server. */
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
