/** A fault that comes again and again, for `--every`. */
import type { Script } from '../script.js';

export const ROUND_KINDS = ['cut', 'stall', 'slow', 'loss'] as const;

export type RoundKind = (typeof ROUND_KINDS)[number];

export interface Rounds {
  /** From the beginning of a fault to that of the next, in ms. */
  readonly every: number;
  /** How long each lasts, in ms; less than `every`. */
  readonly for: number;
  readonly kind: RoundKind;
}

/** One round: all is well until the fault begins, and the last step ends it. */
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
      // A list of steps has an end, so a loss that lasts for hours has longer pauses.
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
