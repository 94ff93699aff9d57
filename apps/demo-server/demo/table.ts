/** How the summaries look. */
import colors from 'picocolors';

export function row([first, ...rest]: readonly (string | number)[]): string {
  return String(first).padEnd(20) + rest.map((cell) => String(cell).padStart(12)).join('');
}

export function ms(value: number): string {
  return `${value.toFixed(value < 10 ? 1 : 0)} ms`;
}

/** In the colour of good or bad news. */
export function verdict(text: string, good: boolean): string {
  return (good ? colors.green : colors.red)(text);
}
