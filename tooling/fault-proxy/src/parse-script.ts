/** A script is checked before its first step is done: an error names the step, counted from 1, and the field. */
import { BOUNDS } from './bounds.js';
import { FaultProxyError } from './errors.js';
import type { Script, Step } from './script.js';

interface Field {
  readonly must: string;
  readonly fits: (value: unknown) => boolean;
  readonly optional?: true;
}

type Fields = Readonly<Record<string, Field>>;

const ms = wholeNumber(0, BOUNDS.longestMs);
const directed = { direction: optional(oneOf('toServer', 'toClient', 'both')) };
const standing = { for: optional(wholeNumber(1, BOUNDS.longestMs)) };

const FIELDS: Readonly<Record<Step['do'], Fields>> = {
  cut: { how: oneOf('fin', 'rst') },
  stall: { ...directed, ...standing },
  resume: directed,
  delay: { ms, jitterMs: optional(ms), ...directed, ...standing },
  limit: { bytesPerSecond: wholeNumber(1, BOUNDS.mostBytesPerSecond), ...directed, ...standing },
  split: { ...directed, ...standing },
  merge: { ms, ...directed, ...standing },
  drop: { lines: optional(oneOf(true, false)), ...directed },
  refuse: standing,
  heal: {},
};

/** Reads a script from JSON. Throws `ERR_BAD_SCRIPT`, with a message of one line. */
export function parseScript(text: string): Script {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw bad(`the script is not JSON: ${(error as Error).message.replaceAll(/\s+/g, ' ')}`);
  }
  return checkScript(value);
}

/** Returns the script given, once it is known to be one. Throws `ERR_BAD_SCRIPT`, with a message of one line. */
export function checkScript(value: unknown): Script {
  if (!Array.isArray(value)) throw bad('a script must be a list of steps');
  for (const [index, step] of value.entries()) checkStep(step, `step ${index + 1}`);
  return value as Script;
}

function checkStep(step: unknown, name: string): void {
  if (typeof step !== 'object' || step === null || Array.isArray(step)) {
    throw bad(`${name}: must be an object, not ${shown(step)}`);
  }
  const given = step as Readonly<Record<string, unknown>>;
  const kind = given['do'];
  if (typeof kind !== 'string' || !Object.hasOwn(FIELDS, kind)) {
    throw bad(`${name}: "do" must be ${orList(Object.keys(FIELDS))}, not ${shown(kind)}`);
  }
  const fields: Fields = { at: ms, ...FIELDS[kind as Step['do']] };
  for (const [key, field] of Object.entries(fields)) {
    const value = given[key];
    if (field.optional && value === undefined) continue;
    if (!field.fits(value)) {
      throw bad(`${name} (${kind}): "${key}" must be ${field.must}, not ${shown(value)}`);
    }
  }
  const known = ['do', ...Object.keys(fields)];
  const unknown = Object.keys(given).find((key) => !known.includes(key));
  if (unknown !== undefined) {
    throw bad(`${name} (${kind}): unknown ${shown(unknown)}; it takes ${known.join(', ')}`);
  }
}

function oneOf(...values: readonly (string | boolean)[]): Field {
  return { must: orList(values.map(String)), fits: (value) => values.some((it) => it === value) };
}

function wholeNumber(least: number, most: number): Field {
  return {
    must: `a whole number from ${least} to ${most}`,
    fits: (value) => Number.isInteger(value) && Number(value) >= least && Number(value) <= most,
  };
}

function optional(field: Field): Field {
  return { ...field, optional: true };
}

function orList(words: readonly string[]): string {
  return `${words.slice(0, -1).join(', ')} or ${words.at(-1) ?? ''}`;
}

/** As JSON, cut short. */
function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value);
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

function bad(message: string): FaultProxyError {
  return new FaultProxyError('ERR_BAD_SCRIPT', message);
}
