import { existsSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Tests run from the sources of every package of the workspace: no build comes first.
  ssr: { resolve: { conditions: ['@iot/source', 'module', 'node', 'import', 'default'] } },
  test: {
    include: ['test/**/*.test.ts'],
    // A package that has no test folder yet passes; once it has one, a run that finds no test fails.
    passWithNoTests: !existsSync('test'),
    allowOnly: false,
    // For what never happens: a machine busy with other work is no failure.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
