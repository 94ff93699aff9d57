import { mergeConfig } from 'vitest/config';
import shared from './index.js';

/** Of a package with programs, which its `programs.ts` names: they are bundled before its tests. */
export default mergeConfig(shared, { test: { globalSetup: '@iot/app-kit/testing/bundle' } });
