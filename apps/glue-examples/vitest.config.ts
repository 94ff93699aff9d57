import shared from '@iot/vitest-config';
import { mergeConfig } from 'vitest/config';

export default mergeConfig(shared, {
  test: {
    globalSetup: 'test/bundle.ts',
    // Whole processes start and end here, on machines that may be busy with something else.
    testTimeout: 60_000,
  },
});
