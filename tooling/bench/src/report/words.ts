/** Formats figures for readers. */
import type { Metric } from '../rows/row.js';
import type { Spread } from '../statistics.js';

/** Three significant digits, with k or M for thousands or millions. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size >= 999_500) return `${digits(value / 1e6)}M`;
  if (size >= 9995) return `${digits(value / 1000)}k`;
  return digits(value);
}

function digits(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size >= 99.95) return value.toFixed(0);
  if (size >= 9.995) return value.toFixed(1);
  return value.toFixed(2);
}

/** The median with its unit, and the range if there are several rounds. */
export function spreadText({ median, least, most }: Spread, unit: Metric['unit']): string {
  const middle = `${short(median)}${unit === '' || unit === '/s' || unit === '%' ? unit : ` ${unit}`}`;
  return least === most ? middle : `${middle} (${short(least)}–${short(most)})`;
}
