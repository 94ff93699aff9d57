import { library } from '@iot/tsup-config';
import { programs } from './programs.js';

// A command, not a library: no declarations. What the package does not depend on is bundled, such as @iot/app-kit.
export default { ...library({ main: programs.iot }), dts: false };
