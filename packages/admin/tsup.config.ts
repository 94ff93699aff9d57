import { pathToFileURL } from 'node:url';
import { library } from '@iot/tsup-config';

export default {
  ...library(),
  onSuccess: async () => {
    // Imported by a name that tsup does not see: bundled into this file it would take this folder for its own.
    const { buildPage } = await import(pathToFileURL('dashboard/build.js').href);
    await buildPage('dist/dashboard');
  },
};
