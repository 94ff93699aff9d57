/**
 * A mistyped option would silently be its default. TypeScript notices it in a literal; this is for plain JavaScript, and
 * for objects that come from elsewhere. An option that is undefined was not given.
 */
import { UsageError } from '@iot/framing';

/** So many letters wrong are a slip: two that are swapped count as two. */
const SLIP = 2;

/**
 * @param names of all options
 * @param owner what the options are of, in front of each name: `watchdog.`
 * @throws UsageError `ERR_BAD_OPTION` when `options` is no object, or has one that is none of `names`.
 */
export function requireKnownOptions(options: unknown, names: readonly string[], owner = ''): void {
  if (typeof options !== 'object' || options === null) {
    const given = options === null ? 'null' : typeof options;
    throw new UsageError('ERR_BAD_OPTION', `options must be an object, not ${given}`);
  }
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || names.includes(name)) continue;
    const likely = likeliest(name, names);
    const hint = likely === undefined ? `the options are ${names.join(', ')}` : `is it ${owner}${likely}?`;
    throw new UsageError('ERR_BAD_OPTION', `there is no option ${owner}${name}: ${hint}`);
  }
}

/** `timeoutMs` means `timeout` too: a unit, or the lack of one, is no slip of letters. */
function likeliest(name: string, names: readonly string[]): string | undefined {
  const begun = names.find((other) => name.startsWith(other) || other.startsWith(name));
  const [nearest] = names
    .map((other) => ({ other, wrong: distance(name.toLowerCase(), other.toLowerCase()) }))
    .filter(({ other, wrong }) => wrong <= SLIP && wrong < other.length)
    .sort((a, b) => a.wrong - b.wrong);
  return nearest?.other ?? begun;
}

/** Levenshtein's: letters to insert, delete or replace. */
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
