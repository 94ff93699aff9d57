/** A board's last hour as a strip: when it was down. */
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

export function Strip({ outages, span, label }: Properties) {
  const length = span.to - span.from;
  const x = (time: number): number => ((time - span.from) / length) * 1000;
  const spans = downtimes(outages, span, length * LEAST);
  const said =
    label === undefined ? { 'aria-hidden': 'true' as const } : { role: 'img' as const, 'aria-label': label };
  return (
    <svg class="strip" viewBox="0 0 1000 10" preserveAspectRatio="none" {...said}>
      <rect class="was-up" width="1000" height="10" />
      {spans.map(({ from, to }) => (
        <rect class="was-down" x={x(from)} width={x(to) - x(from)} height="10" />
      ))}
    </svg>
  );
}
