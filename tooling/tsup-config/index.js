import { defineConfig } from 'tsup';

/**
 * The build of one package.
 *
 * @param {import('tsup').Options['entry']} [entry] the entry points, when there is more than `src/index.ts`
 */
export function library(entry = ['src/index.ts']) {
  return defineConfig({
    entry,
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
