/**
 * The types of a script, which is a list of timed steps. `parse-script.ts` validates a script,
 * `run-script.ts` runs it.
 */
import type { Directions } from './direction.js';
import type { CutKind } from './link.js';

/** A fault with a duration. */
export interface StandingFault {
  /**
   * Ms until the fault ends, at least 1. Without it, the fault lasts until a step ends it: `heal`, or
   * `resume` for a stall.
   */
  readonly for?: number;
}

/** A step that may name a direction. */
export interface DirectedFault {
  /** Default: `both`. */
  readonly direction?: Directions;
}

/** One action of a script; `at` is ms after its start. */
export type Step = { readonly at: number } & (
  | { readonly do: 'cut'; readonly how: CutKind }
  | ({ readonly do: 'stall' } & DirectedFault & StandingFault)
  | ({ readonly do: 'resume' } & DirectedFault)
  | ({ readonly do: 'delay'; readonly ms: number; readonly jitterMs?: number } & DirectedFault &
      StandingFault)
  | ({ readonly do: 'limit'; readonly bytesPerSecond: number } & DirectedFault & StandingFault)
  | ({ readonly do: 'split' } & DirectedFault & StandingFault)
  | ({ readonly do: 'merge'; readonly ms: number } & DirectedFault & StandingFault)
  /** `lines`: only a chunk of whole lines. See `dropNext` and `wholeLines`. */
  | ({ readonly do: 'drop'; readonly lines?: boolean } & DirectedFault)
  | ({ readonly do: 'refuse' } & StandingFault)
  | { readonly do: 'heal' }
);

/** In any order. Steps of the same time are done in the order written. */
export type Script = readonly Step[];

/** The kinds of steps that are faults. `seededScript` chooses from these. */
export const FAULT_KINDS = ['cut', 'stall', 'delay', 'limit', 'split', 'merge', 'drop', 'refuse'] as const;

/** A kind of fault, as a step names it in `do`. */
export type FaultKind = (typeof FAULT_KINDS)[number];
