import { expect, it } from 'vitest';
import { workerModule } from './watchdog/bundle.js';

it('the code of the worker is what its TypeScript makes; vitest run test/watchdog-worker.test.ts -u renews it', async () => {
  await expect(await workerModule()).toMatchFileSnapshot('../src/watchdog/worker.generated.ts');
});
