/** Makes a random script from a seed, so that a run can be read beforehand and replayed. */
import { BOUNDS } from './bounds.js';
import type { Directions } from './direction.js';
import { FaultProxyError } from './errors.js';
import { check, wholeNumber } from './fields.js';
import { SeededRandom } from './random.js';
import { FAULT_KINDS, type FaultKind, type Script, type Step } from './script.js';

/** The options of `seededScript`. */
export interface SeededScriptOptions {
  /** The kinds of faults to use. Default: all. */
  readonly kinds?: readonly FaultKind[];
  /**
   * Mean time between the begins of two steps. A pause is between 0.5 and 1.5 times as long. Default: 2000.
   */
  readonly meanPauseMs?: number;
  /** Time of the last step, which heals all faults. Default: 60,000. */
  readonly durationMs?: number;
}

/** Maximum number of mean pauses in a script, because the whole list is made at once. */
const MOST_STEPS = 100_000;

/** From a rate at which a line takes seconds to a rate that is hardly noticed. */
const RATES = [100, 1000, 10_000, 100_000];

/**
 * The same script for the same seed and options, on every machine. No fault lasts longer than one and a half times
 * `meanPauseMs`, none beyond `durationMs`; the last step heals. A drop takes whole lines only. `seed` is a whole number below 2 ** 32.
 * Throws `ERR_USAGE`.
 */
export function seededScript(
  seed: number,
  { kinds = FAULT_KINDS, meanPauseMs = 2000, durationMs = 60_000 }: SeededScriptOptions = {},
): Script {
  const draw = new SeededRandom(seed);
  check('meanPauseMs', meanPauseMs, wholeNumber(1, BOUNDS.longestMs));
  check('durationMs', durationMs, wholeNumber(0, BOUNDS.longestMs));
  if (kinds.length === 0) throw new FaultProxyError('ERR_USAGE', 'kinds must not be empty');
  if (durationMs / meanPauseMs > MOST_STEPS) {
    throw new FaultProxyError('ERR_USAGE', `a script must not be longer than ${MOST_STEPS} mean pauses`);
  }
  const pause = (): number => draw.from(Math.ceil(meanPauseMs / 2), Math.floor(meanPauseMs * 1.5));
  const steps: Step[] = [];
  for (let at = pause(); at < durationMs; at += pause()) {
    const longest = Math.min(Math.floor(meanPauseMs * 1.5), durationMs - at);
    steps.push(step(draw, draw.pick(kinds), at, longest));
  }
  return [...steps, { at: durationMs, do: 'heal' }];
}

function step(draw: SeededRandom, kind: FaultKind, at: number, longest: number): Step {
  const direction = draw.pick<Directions>(['toServer', 'toClient', 'both']);
  const standing = { for: draw.from(1, longest) };
  switch (kind) {
    case 'cut':
      return { at, do: kind, how: draw.pick(['fin', 'rst'] as const) };
    case 'stall':
    case 'split':
      return { at, do: kind, direction, ...standing };
    case 'delay':
      return { at, do: kind, ms: draw.from(10, 500), jitterMs: draw.from(0, 200), direction, ...standing };
    case 'limit':
      return { at, do: kind, bytesPerSecond: draw.pick(RATES), direction, ...standing };
    case 'merge':
      return { at, do: kind, ms: draw.from(20, 300), direction, ...standing };
    case 'drop':
      return { at, do: kind, lines: true, direction };
    case 'refuse':
      return { at, do: kind, ...standing };
  }
}
