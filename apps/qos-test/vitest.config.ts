import shared from '@iot/vitest-config';
import { mergeConfig } from 'vitest/config';

export default mergeConfig(shared, {
  test: {
    globalSetup: 'test/bundle.ts',
  },
});
