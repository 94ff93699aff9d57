import { library } from '@iot/tsup-config';
import { programs } from './programs.js';

// A command, not a library: no declarations. What is no dependency of the package is bundled, such as @iot/app-kit.
export default { ...library({ main: programs.iot }), dts: false };
