/** Numbers and times as the page shows them. */
const UNITS = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
  ['s', 1],
] as const;

/** A duration in its two largest units: `3 h 20 min`; below a minute in seconds. */
export function duration(ms: number): string {
  let seconds = Math.max(0, Math.round(ms / 1000));
  const parts: string[] = [];
  for (const [unit, size] of UNITS) {
    const count = Math.floor(seconds / size);
    seconds -= count * size;
    if (count > 0) parts.push(`${count} ${unit}`);
    // After the first unit comes at most the one below it.
    else if (parts.length > 0) break;
    if (parts.length === 2) break;
  }
  return parts.join(' ') || '0 s';
}

/** A duration in its largest unit: `3 h`. */
export function roughly(ms: number): string {
  const seconds = Math.max(0, ms / 1000);
  const [unit, size] = UNITS.find(([, each]) => seconds >= each) ?? UNITS[3];
  return `${Math.floor(seconds / size)} ${unit}`;
}

/** How long something took: `0.8 ms`, `12 ms`, `1.5 s`, then as `duration`. */
export function milliseconds(ms: number | undefined): string {
  if (ms === undefined) return '–';
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`;
  return duration(ms);
}

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat('en', { maximumFractionDigits: 1, minimumFractionDigits: 1 });

/** Three digits that matter: `0.4`, `12.5`, `1,234`. */
export function number(value: number): string {
  return (value >= 100 || Number.isInteger(value) ? whole : tenths).format(value);
}

export function bytes(count: number): string {
  if (count < 1000) return `${count} B`;
  for (const [unit, size] of [
    ['kB', 1e3],
    ['MB', 1e6],
    ['GB', 1e9],
  ] as const)
    if (count < size * 1000) return `${number(count / size)} ${unit}`;
  return `${number(count / 1e12)} TB`;
}

export function plural(count: number, word: string): string {
  return `${number(count)} ${word}${count === 1 ? '' : 's'}`;
}
