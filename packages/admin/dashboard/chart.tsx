/** A chart over time. Its caption names the series, with their values at the cursor, or the last ones. */
import 'uplot/dist/uPlot.min.css';
import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import { useSize } from './hooks.js';

export interface Series {
  readonly label: string;
  /** A custom property with a colour. */
  readonly color: string;
  readonly bars?: boolean;
  readonly values: readonly (number | null)[];
  readonly format: (value: number) => string;
}

interface Properties {
  readonly title: string;
  /** What the title means. */
  readonly hint?: string;
  /** Said in place of a chart without a value. */
  readonly nothing?: string;
  /** s since 1970. */
  readonly times: readonly number[];
  readonly series: readonly Series[];
  /** What it says, for those who do not see it. */
  readonly summary: string;
  /** Drawn in other colours when it changes. */
  readonly theme: string;
}

const HEIGHT = 120;
/** Between the ticks of what is counted. */
const STEPS = [1, 10, 100, 1000, 10_000, 100_000].flatMap((size) => [size, 2 * size, 5 * size]);

const clock = (seconds: number): string =>
  new Date(seconds * 1000).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });

export function Chart({ title, hint, nothing, times, series, summary, theme }: Properties) {
  const element = useRef<HTMLDivElement>(null);
  const { width } = useSize(element);
  const plot = useRef<uPlot>(undefined);
  const [cursor, setCursor] = useState<number>();
  const isEmpty = times.length < 2 || series.every(({ values }) => values.every((value) => value === null));

  useEffect(() => {
    if (width === 0 || isEmpty) return;
    const made = new uPlot(optionsOf(series, width, setCursor), undefined, element.current!);
    plot.current = made;
    return () => {
      plot.current = undefined;
      made.destroy();
    };
  }, [theme, width, isEmpty]);
  const data = [times, ...series.map(({ values }) => values)];
  // Drawing is what costs: it is left out while there is nothing else to show.
  useEffect(
    () => plot.current?.setData(data.map((values) => [...values]) as uPlot.AlignedData),
    [theme, width, isEmpty, JSON.stringify(data)],
  );

  const at = cursor !== undefined && cursor < times.length ? cursor : times.length - 1;
  return (
    <figure class="chart panel">
      <figcaption>
        <span class="title" title={hint}>
          {title}
        </span>
        {series.map(({ label, color, values, format }) => (
          <span class="key">
            <i class={`swatch ${color}`} />
            {label} <b>{isEmpty || values[at] == null ? '–' : format(values[at])}</b>
          </span>
        ))}
        {cursor !== undefined && times[at] !== undefined && (
          <span class="key">{new Date(times[at] * 1000).toLocaleTimeString()}</span>
        )}
      </figcaption>
      <div class="plot" ref={element} role="img" aria-label={summary}>
        {isEmpty && <p class="empty">{times.length < 2 ? 'Values come in a few seconds.' : nothing}</p>}
      </div>
    </figure>
  );
}

function optionsOf(
  series: readonly Series[],
  width: number,
  setCursor: (index: number | undefined) => void,
): uPlot.Options {
  const style = getComputedStyle(document.documentElement);
  const color = (name: string): string => style.getPropertyValue(`--${name}`);
  const axis = { stroke: color('muted'), grid: { stroke: color('line'), width: 1 }, ticks: { show: false } };
  const font = '11px system-ui, sans-serif';
  return {
    width,
    height: HEIGHT,
    // A time at the right edge is centred there: half of `03:45 PM` is beyond it.
    padding: [6, 28, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { show: false } },
    scales: { y: { range: (_, __, most) => [0, Math.max(1, most * 1.1)] } },
    axes: [
      {
        ...axis,
        font,
        size: 22,
        space: 45,
        incrs: STEPS.map((step) => step * 60),
        grid: { show: false },
        values: (_, ticks) => ticks.map(clock),
      },
      {
        ...axis,
        font,
        size: 44,
        space: 28,
        incrs: STEPS,
        values: (_, ticks) => ticks.map((tick) => series[0]!.format(tick)),
      },
    ],
    series: [
      {},
      ...series.map((one): uPlot.Series => {
        const bars =
          one.bars === true && uPlot.paths.bars ? { paths: uPlot.paths.bars({ size: [0.7, 8] }) } : {};
        const stroke = color(one.color);
        const fill = one.bars === true ? { fill: stroke } : {};
        return {
          label: one.label,
          stroke,
          width: one.bars === true ? 0 : 1.5,
          points: { show: false },
          ...fill,
          ...bars,
        };
      }),
    ],
    hooks: { setCursor: [({ cursor: { idx } }) => setCursor(idx ?? undefined)] },
  };
}
