// Lint checks the imports between packages, and finds faults. prettier handles the format.
import { base } from './base.js';
import { borders, isPure } from './borders.js';
import { pure } from './pure.js';
import { tests } from './tests.js';

export { base, borders, pure, tests };

/**
 * The lint rules of one package of the workspace.
 *
 * @param {keyof typeof import('./borders.js').mayImport} name the package, without its scope
 */
export function library(name) {
  return [...base, ...(isPure(name) ? pure : []), ...borders(name), ...tests];
}
