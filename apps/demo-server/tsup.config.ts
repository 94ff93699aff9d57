import { library } from '@iot/tsup-config';

const entry = { start: 'src/start.ts', client: 'src/client.ts', demo: 'demo/demo.ts' };

// Programs, not a library: no declarations.
export default { ...library(entry), dts: false };
