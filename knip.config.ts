// Nothing is kept that is not used: files, exports, dependencies; and nothing is used that is not declared.
import { readdirSync } from 'node:fs';

interface Programs {
  readonly programs: Readonly<Record<string, string>>;
}

const tests = 'test/**/*.test.ts';

/** What the apps start with is listed where they are built and tested from. */
async function apps(): Promise<Record<string, object>> {
  const found: Record<string, object> = {};
  for (const app of readdirSync('apps')) {
    const { programs } = (await import(`./apps/${app}/programs.ts`)) as Programs;
    // Of @iot/app-kit, which is bundled into the apps; this is not.
    const ignoreDependencies = ['picocolors'];
    found[`apps/${app}`] = { entry: [tests, ...Object.values(programs)], ignoreDependencies };
  }
  return found;
}

export default async () => ({
  workspaces: {
    // Named to the launcher, which starts them.
    '.': { entry: ['tooling/*.mjs', '.ci/*.mjs'], ignoreDependencies: ['@changesets/cli', 'turbo'] },
    'packages/*': { entry: [tests] },
    // Its build bundles the page.
    'packages/admin': { entry: [tests, 'dashboard/main.tsx', 'dashboard/build.{js,d.ts}'] },
    // Tests start these by their paths.
    'packages/client': {
      entry: [tests, 'examples/*', 'test/watchdog/program.ts'],
      // Whoever copies the example and wants a store installs it.
      ignoreDependencies: ['@iot/store-level'],
    },
    'packages/store-level': { entry: [tests, 'src/cli/main.ts', 'test/power-loss/workload.ts'] },
    'packages/mqtt-gateway': { entry: [tests, 'src/cli/main.ts'] },
    'packages/cli': { entry: [tests, 'src/main.ts', 'src/commands/*.ts'] },
    'packages/fault-proxy': { entry: [tests, 'src/cli/main.ts'] },
    'packages/i2c-link': { entry: [tests, 'src/cli/main.ts', 'test/cli/native/*.ts'] },
    ...(await apps()),
    'tooling/*': { entry: [tests] },
    // Tests start these by their paths.
    'tooling/bench': { entry: [tests, 'test/admin-row.ts'] },
    'tooling/integration': { entry: [tests, 'test/stored-server.ts'] },
    'tooling/browser-test': {
      entry: [tests, 'page/outage.ts', 'test/screenshots.ts'],
      // Read as text.
      ignoreDependencies: ['axe-core'],
    },
    // Some are measured by name; there so that they are built before.
    'tooling/checks': { entry: [tests], ignoreDependencies: ['@iot/.*'] },
    // Patched and tested in place; listed so that changes of these packages run it again.
    'tooling/mutants': {
      entry: [tests],
      ignoreDependencies: ['@iot/qos', '@iot/i2c-link', '@iot/store-level', '@iot/server', '@iot/client'],
    },
  },
  // Generated.
  ignore: ['docs/api/**'],
  // A type that an exported function takes or gives has to be exported for its callers.
  ignoreExportsUsedInFile: { interface: true, type: true },
  // Programs of the system that tests start.
  exclude: ['binaries'],
});
