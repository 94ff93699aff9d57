/** From single times to the figures that are printed. */

/** Times in ns: of presses, and of lines sent over two raw hops. */
export interface Times {
  readonly presses: readonly bigint[];
  readonly hops: readonly bigint[];
}

/** The value below which this share of all lies, 0 to 1: of an even number the lower of the two middle ones. */
export function quantile(values: readonly bigint[], share: number): bigint {
  const sorted = [...values].sort((a, b) => (a < b ? -1 : 1));
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  if (value === undefined) throw new RangeError('there are no values');
  return value;
}

export function render({ presses, hops }: Times): string {
  const ratio = Number(quantile(presses, 0.5)) / Number(quantile(hops, 0.5));
  return [
    row('press to LED', presses, 'presses'),
    row('two raw hops', hops, 'lines'),
    `ratio         median ${ratio.toFixed(2)}`,
  ].join('\n');
}

function row(name: string, values: readonly bigint[], what: string): string {
  const [median, p99] = [0.5, 0.99].map((share) => micros(quantile(values, share)));
  return `${name}  median ${median} µs  p99 ${p99} µs  (${values.length} ${what})`;
}

function micros(ns: bigint): string {
  return (Number(ns) / 1000).toFixed(0).padStart(5);
}
