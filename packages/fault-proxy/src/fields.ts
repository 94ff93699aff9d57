/** Checks of the values in scripts and options. */
import { FaultProxyError } from './errors.js';

export interface Field {
  /** The requirement as text, for the error message. */
  readonly must: string;
  readonly fits: (value: unknown) => boolean;
}

export function wholeNumber(least: number, most: number): Field {
  return {
    must: `a whole number from ${least} to ${most}`,
    fits: (value) => Number.isInteger(value) && Number(value) >= least && Number(value) <= most,
  };
}

export function oneOf(...values: readonly (string | boolean)[]): Field {
  return { must: orList(values.map(String)), fits: (value) => values.some((it) => it === value) };
}

export function orList(words: readonly string[]): string {
  return `${words.slice(0, -1).join(', ')} or ${words.at(-1) ?? ''}`;
}

/** Throws `ERR_USAGE` for an invalid value. */
export function check(name: string, value: unknown, { must, fits }: Field): void {
  if (!fits(value)) throw new FaultProxyError('ERR_USAGE', `${name} must be ${must}, not ${String(value)}`);
}
