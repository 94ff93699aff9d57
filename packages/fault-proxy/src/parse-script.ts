/** Validates a script before its first step runs. An error names the step, counted from 1, and the field. */
import { BOUNDS } from './bounds.js';
import { FaultProxyError } from './errors.js';
import { oneOf, orList, wholeNumber, type Field } from './fields.js';
import type { Script, Step } from './script.js';

type Fields = Readonly<Record<string, Field & { readonly optional?: true }>>;

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

/** Returns `value` if it is a valid script. Throws `ERR_BAD_SCRIPT`, with a message of one line. */
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

function optional(field: Field) {
  return { ...field, optional: true } as const;
}

/** The value as JSON, shortened. */
function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = jsonOf(value);
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    return 'a deeply nested value'; // JSON.stringify is recursive
  }
}

/**
 * Makes an error. Control characters from the script are escaped, because a terminal would interpret them.
 */
function bad(message: string): FaultProxyError {
  const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return new FaultProxyError('ERR_BAD_SCRIPT', message.replaceAll(/\p{Cc}/gu, escaped));
}
