/**
 * Checks of options, for all packages. A wrong option throws a `UsageError` `ERR_BAD_OPTION` at once. The message names
 * the option and says which values it takes.
 */
import { UsageError } from '@iot/framing';

/** Node runs a timer that is longer than this at once. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Most letters that may differ in a mistyped name; two swapped letters count as two. */
const SLIP = 2;

/**
 * Throws when an option's name is unknown. Otherwise a mistyped option would silently have its default. TypeScript
 * finds this in object literals only. An option that is undefined counts as not given.
 *
 * @param names of all options
 * @param owner prefix of the names in messages, such as `watchdog.`
 * @throws UsageError `ERR_BAD_OPTION` when `options` is not an object, or has an option that is not in `names`.
 */
export function requireKnownOptions(options: unknown, names: readonly string[], owner = ''): void {
  if (typeof options !== 'object' || options === null) {
    const given = options === null ? 'null' : typeof options;
    const what = owner === '' ? 'options' : owner.slice(0, -1);
    throw new UsageError('ERR_BAD_OPTION', `${what} must be an object, not ${given}`);
  }
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || names.includes(name)) continue;
    const likely = likeliest(name, names);
    const hint = likely === undefined ? `the options are ${names.join(', ')}` : `is it ${owner}${likely}?`;
    throw new UsageError('ERR_BAD_OPTION', `there is no option ${owner}${name}: ${hint}`);
  }
}

/** @throws UsageError `ERR_BAD_OPTION` unless `value` is a whole number from `min` to `max`. */
export function requireInteger(
  name: string,
  value: unknown,
  min: number,
  max = Number.MAX_SAFE_INTEGER,
): void {
  if (Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max) return;
  const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
  // A string is shown in quotes, so that '8123' does not look like a number.
  const given = typeof value === 'string' ? JSON.stringify(value) : String(value);
  throw new UsageError('ERR_BAD_OPTION', `${name} must be a whole number ${range}, not ${given}`);
}

/** @throws UsageError `ERR_BAD_OPTION` unless `value` is one of `allowed`. */
export function requireOneOf(name: string, value: unknown, allowed: readonly string[]): void {
  if (allowed.includes(value as string)) return;
  throw new UsageError(
    'ERR_BAD_OPTION',
    `${name} must be one of ${allowed.join(', ')}, not ${String(value)}`,
  );
}

/** @throws UsageError `ERR_BAD_OPTION` unless `value` has these methods. */
export function requireMethods(name: string, value: unknown, methods: readonly string[]): void {
  const given = value as Record<string, unknown> | null | undefined;
  if (methods.every((method) => typeof given?.[method] === 'function')) return;
  throw new UsageError('ERR_BAD_OPTION', `${name} must be an object with the methods ${methods.join(', ')}`);
}

/** @throws UsageError `ERR_BAD_OPTION` unless each of these options is a function or undefined. */
export function requireFunctions<Name extends string>(
  settings: { readonly [name in Name]?: unknown },
  names: readonly Name[],
): void {
  for (const name of names) {
    if (settings[name] !== undefined && typeof settings[name] !== 'function')
      throw new UsageError('ERR_BAD_OPTION', `${name} must be a function`);
  }
}

/**
 * The option that was probably meant. `timeoutMs` suggests `timeout`: a missing or additional ending is allowed too.
 */
function likeliest(name: string, names: readonly string[]): string | undefined {
  const begun = names.find((other) => name.startsWith(other) || other.startsWith(name));
  const [nearest] = names
    .map((other) => ({ other, wrong: distance(name.toLowerCase(), other.toLowerCase()) }))
    .filter(({ other, wrong }) => wrong <= SLIP && wrong < other.length)
    .sort((a, b) => a.wrong - b.wrong);
  return nearest?.other ?? begun;
}

/** The Levenshtein distance: the number of letters to insert, delete or replace. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (const [index, letter] of Array.from(from).entries()) {
    const next = [index + 1];
    for (const [column, other] of Array.from(to).entries()) {
      const replaced = row[column]! + (letter === other ? 0 : 1);
      next.push(Math.min(replaced, row[column + 1]! + 1, next[column]! + 1));
    }
    row = next;
  }
  return row.at(-1)!;
}
