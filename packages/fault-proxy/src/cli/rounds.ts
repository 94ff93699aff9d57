/** The script of one round of `--every`: the fault begins, and later ends. The command repeats the round. */
import type { Script } from '../script.js';

export const ROUND_KINDS = ['cut', 'stall', 'slow', 'loss'] as const;

export type RoundKind = (typeof ROUND_KINDS)[number];

export interface Rounds {
  /** From the beginning of a fault to the beginning of the next, in ms. */
  readonly every: number;
  /** How long each lasts, in ms; less than `every`. */
  readonly for: number;
  readonly kind: RoundKind;
}

/** One round: a normal network, then the fault, and a last step that ends the fault. */
export function roundScript({ every, for: lasts, kind }: Rounds): Script {
  const at = every - lasts;
  return [...faults(kind, at, lasts), { at: every, do: 'heal' }];
}

function faults(kind: RoundKind, at: number, lasts: number): Script {
  switch (kind) {
    case 'cut':
      return [
        { at, do: 'refuse' },
        { at, do: 'cut', how: 'rst' },
      ];
    case 'stall':
      return [{ at, do: 'stall' }];
    case 'slow':
      return [
        { at, do: 'delay', ms: 400, jitterMs: 200 },
        { at, do: 'limit', bytesPerSecond: 2000 },
      ];
    case 'loss': {
      // The number of steps is limited, so a loss that lasts for hours has longer pauses between its steps.
      const pause = Math.max(200, Math.ceil(lasts / 1000));
      const drops = Math.ceil(lasts / pause);
      return Array.from({ length: drops }, (_, index) => ({
        at: at + index * pause,
        do: 'drop' as const,
        lines: true,
      }));
    }
  }
}
