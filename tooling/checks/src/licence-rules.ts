// The licences that are compatible with MIT. A package that users install must have a licence that requires
// no more than MIT. For a tool that only runs in this repository, some licences with further conditions are
// allowed.

/** As permissive as MIT, except for notices that must be kept. */
const PERMISSIVE = [
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  'ISC',
  'MIT',
  'Python-2.0',
  'Unlicense',
  'WTFPL',
];

/**
 * Their conditions apply only to those who change or distribute the tool itself, which this project does not
 * do.
 */
const FOR_TOOLS = [...PERMISSIVE, 'CC-BY-4.0', 'MPL-2.0'];

/** Packages whose manifest names no licence, with the licence in their licence file. */
const READ_BY_HAND: Readonly<Record<string, string>> = { spawndamnit: 'MIT' };

export interface Licensed {
  readonly name: string;
  /** The licence in the package's manifest: an SPDX expression, `A`, `(A OR B)` or `A AND B`. */
  readonly license: string;
}

/** The packages whose licence is not compatible, either for packages that users install or for tools. */
export function unsuitable(packages: readonly Licensed[], use: 'passed-on' | 'tool'): Licensed[] {
  const allowed = use === 'tool' ? FOR_TOOLS : PERMISSIVE;
  return packages.filter(({ name, license }) => !suits(READ_BY_HAND[name] ?? license, allowed));
}

/**
 * Whether an expression is satisfied by the allowed licences. `AND` binds more tightly than `OR`. Nested
 * brackets do not occur.
 */
function suits(expression: string, allowed: readonly string[]): boolean {
  const alternatives = expression.replace(/^\((.*)\)$/, '$1').split(/ OR /);
  return alternatives.some((all) => all.split(/ AND /).every((licence) => allowed.includes(licence.trim())));
}
