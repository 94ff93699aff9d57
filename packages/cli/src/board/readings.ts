/** The lines that simulated boards send: random temperatures, or the lines of a file. */
import { readFile } from 'node:fs/promises';
import type { SeededRandom } from '@iot/fault-proxy';
import { CommandError } from '../exit-codes.js';

/** The text of a board's n-th line, from 1. */
export type Lines = (n: number) => string;

/** Temperatures that drift around 21 degrees. */
export function readings(random: SeededRandom): Lines {
  let temperature = 19 + 4 * random.next();
  return (n) => {
    temperature += (random.next() - 0.5) * 0.6 + (21 - temperature) * 0.02;
    return JSON.stringify({ temperature: Number(temperature.toFixed(1)), n });
  };
}

/**
 * The lines of a file, repeated.
 *
 * @throws CommandError when the file cannot be read, or has no line
 */
export async function linesOf(path: string): Promise<Lines> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    const { code } = error as NodeJS.ErrnoException;
    throw new CommandError(2, `--script: ${path} cannot be read (${code})`);
  });
  const lines = text.split(/\r?\n/).filter((line) => line !== '');
  if (lines.length === 0) throw new CommandError(2, `--script: ${path} has no line to send`);
  return (n) => lines[(n - 1) % lines.length]!;
}
