import { existsSync } from 'node:fs';
import { defineConfig } from 'vitest/config';
import { StillRunning } from './still-running.js';

export default defineConfig({
  // Tests run from the sources of every package of the workspace: no build comes first. For the rest, what Node would take.
  ssr: { resolve: { conditions: ['@iot/source', 'node', 'import', 'default'] } },
  test: {
    include: ['test/**/*.test.ts'],
    // A package that has no test folder yet passes; once it has one, a run that finds no test fails.
    passWithNoTests: !existsSync('test'),
    allowOnly: false,
    reporters: ['default', new StillRunning()],
    // For what never happens, and the only limit: a machine that is busy with something else is no failure.
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
