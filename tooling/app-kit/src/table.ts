/** Calculations and formatting for the tables that the apps print. */
import colors from 'picocolors';

export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, n) => total + n, 0);
}

/** For an even count, the mean of the two middle values. NaN without values. */
export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.ceil(middle) - 1]! + sorted[Math.floor(middle)]!) / 2;
}

/** A row of a table: its name, and cells of a width that all rows share. */
export function row([first, ...rest]: readonly (string | number)[]): string {
  return String(first).padEnd(20) + rest.map((cell) => String(cell).padStart(13)).join('');
}

export function ms(value: number): string {
  return `${value.toFixed(value < 10 ? 1 : 0)} ms`;
}

/** Colours the text for a good or a bad result. */
export function verdict(text: string, good: boolean): string {
  return (good ? colors.green : colors.red)(text);
}
