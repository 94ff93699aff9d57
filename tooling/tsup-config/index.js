import { readFileSync } from 'node:fs';
import { defineConfig } from 'tsup';

/**
 * The build of one package: the entry points that its package.json exports, each under the path of its source.
 *
 * @param {Record<string, string>} [more] what it does not export, but starts: names and first files
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
        // tsup sets baseUrl, which TypeScript 6 calls deprecated (TS5101).
        ignoreDeprecations: '6.0',
        // Declarations refer to the built packages below, not to their sources.
        customConditions: [],
      },
    },
  });
}

export default library();
