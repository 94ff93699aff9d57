/** Arithmetic of the summaries. */

/** The counts of the lines that were sent, from 0 on, and have not come. */
export function missing(sent: number, received: readonly number[]): readonly number[] {
  const came = new Set(received);
  return Array.from({ length: sent }, (_, count) => count).filter((count) => !came.has(count));
}

export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, n) => total + n, 0);
}

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.ceil(middle) - 1]! + sorted[Math.floor(middle)]!) / 2;
}
