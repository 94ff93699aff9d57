/**
 * A board's time as a strip of steps. In each step the red is as high as the part of its time that the board was down, so
 * that a board that flaps looks different from one that is down. Time before the record began is grey, and so is
 * all of it when the board has not been up since.
 */
import { hasBeenUp, type Board, type Outage } from './model.js';
import { downShares, recordedSteps } from './timeline.js';

interface Properties {
  readonly board: Board;
  /** Default: those of the last hour. */
  readonly outages?: readonly Outage[];
  readonly now: number;
  readonly hours: number;
  /** Default: hidden from screen readers, for whom the same is said in words. */
  readonly label?: string;
}

const STEPS = 60;
const HEIGHT = 100;
/** A step with an outage, however short, has this height at least, so that it can be seen. */
const LEAST = 25;

export function Strip({ board, outages = board.outages, now, hours, label }: Properties) {
  const inSteps = { steps: STEPS, stepMs: (hours * 3_600_000) / STEPS };
  const recorded = hasBeenUp(board) ? recordedSteps(board.recordedSince, now, inSteps) / STEPS : 0;
  const said =
    label === undefined ? { 'aria-hidden': 'true' as const } : { role: 'img' as const, 'aria-label': label };
  return (
    <div class="strip" {...said} style={{ backgroundSize: `${Math.round(recorded * 100)}% 100%` }}>
      {outages.length > 0 && (
        <svg viewBox={`0 0 ${STEPS} ${HEIGHT}`} preserveAspectRatio="none">
          <path d={outlineOf(downShares(outages, now, inSteps))} />
        </svg>
      )}
    </div>
  );
}

/** One line over all steps: bars of their own would have gaps between them. */
function outlineOf(shares: readonly number[]): string {
  const tops = shares.map((share) => HEIGHT - (share > 0 ? Math.max(LEAST, Math.round(share * HEIGHT)) : 0));
  return `M0 ${HEIGHT}${tops.map((top) => `V${top}h1`).join('')}V${HEIGHT}z`;
}
