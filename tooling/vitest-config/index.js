import { existsSync } from 'node:fs';
import { defineConfig } from 'vitest/config';
import { StillRunning } from './still-running.js';

export default defineConfig({
  // Tests run from the sources of every package of the workspace, without a build. The other conditions are
  // those of Node.
  ssr: { resolve: { conditions: ['@iot/source', 'node', 'import', 'default'] } },
  test: {
    include: ['test/**/*.test.ts'],
    // A package without a test folder passes. If there is a test folder, a run that finds no test fails.
    passWithNoTests: !existsSync('test'),
    allowOnly: false,
    reporters: ['default', new StillRunning()],
    // The only time limit, for waits that never end. It is long, so that a busy machine does not cause
    // failures.
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
