/** Timed steps: what a script may say, as data. `parse-script.ts` reads it, `run-script.ts` carries it out. */
import type { Directions } from './direction.js';
import type { CutKind } from './link.js';

/** A fault that stands. */
interface Standing {
  /** Ms until it ends, from 1. Without it, it stands until a step ends it: `heal`, or `resume` for a stall. */
  readonly for?: number;
}

interface Directed {
  /** Default: `both`. */
  readonly direction?: Directions;
}

type Kinds =
  | { readonly do: 'cut'; readonly how: CutKind }
  | ({ readonly do: 'stall' } & Directed & Standing)
  | ({ readonly do: 'resume' } & Directed)
  | ({ readonly do: 'delay'; readonly ms: number; readonly jitterMs?: number } & Directed & Standing)
  | ({ readonly do: 'limit'; readonly bytesPerSecond: number } & Directed & Standing)
  | ({ readonly do: 'split' } & Directed & Standing)
  | ({ readonly do: 'merge'; readonly ms: number } & Directed & Standing)
  /** `lines`: only a chunk that is whole lines. See `dropNext` and `wholeLines`. */
  | ({ readonly do: 'drop'; readonly lines?: boolean } & Directed)
  | ({ readonly do: 'refuse' } & Standing)
  | { readonly do: 'heal' };

/** `at`: ms after the start of the script. */
export type Step = Kinds & { readonly at: number };

/** In any order. Steps of the same time are done in the order written. */
export type Script = readonly Step[];

/** The kinds that are faults: what a seed chooses from. */
export const FAULT_KINDS = ['cut', 'stall', 'delay', 'limit', 'split', 'merge', 'drop', 'refuse'] as const;

export type FaultKind = (typeof FAULT_KINDS)[number];
