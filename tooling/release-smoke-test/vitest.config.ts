import shared from '@iot/vitest-config';
import { mergeConfig } from 'vitest/config';
import { installedPackages } from './src/installed-plugin.js';

export default mergeConfig(shared, {
  plugins: [installedPackages()],
  test: {
    // The READMEs' tests of the checkout run again, on what is installed.
    include: ['../../packages/*/test/readme.test.ts', '../integration/test/package-readmes.test.ts'],
    globalSetup: 'test/setup.ts',
  },
});
