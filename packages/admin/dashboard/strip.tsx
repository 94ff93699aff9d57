/** A board's time as a strip: when it was down. */
import type { Outage } from './model.js';
import { downtimes, type Span } from './timeline.js';

interface Properties {
  readonly outages: readonly Outage[];
  readonly span: Span;
  /** Default: hidden from screen readers, for whom the same is said in words. */
  readonly label?: string;
}

/** An outage of a second is as wide as this part of the strip, at least. */
const LEAST = 1 / 120;
/** Parts into which it is divided: where an outage is drawn changes only when it has moved by one. */
const PARTS = 1000;

export function Strip({ outages, span, label }: Properties) {
  const length = span.to - span.from;
  const part = (time: number): number => Math.round(((time - span.from) / length) * PARTS);
  const bars = downtimes(outages, span, length * LEAST).map(({ from, to }) => {
    const start = part(from);
    return `M${start} 0h${part(to) - start}v1h${start - part(to)}z`;
  });
  const said =
    label === undefined ? { 'aria-hidden': 'true' as const } : { role: 'img' as const, 'aria-label': label };
  return (
    <div class="strip" {...said}>
      {bars.length > 0 && (
        <svg viewBox={`0 0 ${PARTS} 1`} preserveAspectRatio="none">
          <path d={bars.join('')} />
        </svg>
      )}
    </div>
  );
}
