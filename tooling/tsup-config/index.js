import { readFileSync } from 'node:fs';
import { defineConfig } from 'tsup';

/**
 * The build configuration of one package. It builds the entry points that its package.json exports, each
 * under the path of its source.
 *
 * @param {Record<string, string>} [more] programs that are not exports: names and entry files
 */
export function library(more = {}) {
  const { exports = {} } = JSON.parse(readFileSync('package.json', 'utf8'));
  const sources = Object.values(exports).map((conditions) => conditions['@iot/source']);
  const exported = sources.map((source) => [/^\.\/src\/(.*)\.ts$/.exec(source)[1], source]);
  return defineConfig({
    entry: { ...Object.fromEntries(exported), ...more },
    format: 'esm',
    target: 'node20.19',
    platform: 'node',
    clean: true,
    sourcemap: true,
    treeshake: true,
    dts: {
      compilerOptions: {
        // tsup sets baseUrl, which is deprecated in TypeScript 6 (TS5101).
        ignoreDeprecations: '6.0',
        // Declarations refer to the built dependencies, not to their sources.
        customConditions: [],
      },
    },
  });
}

export default library();
