// Which licences go with MIT. What is passed on to users must ask no more of them than MIT does; for a tool that is
// only run here, some that ask for a little more will do.

/** As free as MIT, but for notices to keep. */
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

/** Bind who changes or passes on the tool itself, which we do not. */
const FOR_TOOLS = [...PERMISSIVE, 'CC-BY-4.0', 'MPL-2.0'];

/** Packages whose manifest names no licence, with the one that their licence file holds. */
const READ_BY_HAND: Readonly<Record<string, string>> = { spawndamnit: 'MIT' };

export interface Licensed {
  readonly name: string;
  /** As the package's manifest has it: an SPDX expression, `A` or `(A OR B)` or `A AND B`. */
  readonly license: string;
}

/** Those whose licence does not go with MIT, for what is passed on or for what is only a tool. */
export function unsuitable(packages: readonly Licensed[], use: 'passed-on' | 'tool'): Licensed[] {
  const allowed = use === 'tool' ? FOR_TOOLS : PERMISSIVE;
  return packages.filter(({ name, license }) => !suits(READ_BY_HAND[name] ?? license, allowed));
}

/** Whether an expression can be satisfied with these; `AND` binds closer than `OR`, and nested brackets do not occur. */
function suits(expression: string, allowed: readonly string[]): boolean {
  const alternatives = expression.replace(/^\((.*)\)$/, '$1').split(/ OR /);
  return alternatives.some((all) => all.split(/ AND /).every((licence) => allowed.includes(licence.trim())));
}
