import { mergeConfig } from 'vitest/config';
import shared from './index.js';

/**
 * The configuration of a package with programs. The programs listed in its `programs.ts` are bundled before
 * the tests.
 */
export default mergeConfig(shared, { test: { globalSetup: '@iot/app-kit/testing/bundle' } });
