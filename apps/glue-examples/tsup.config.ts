import { library } from '@iot/tsup-config';
import { programs } from './programs.js';

// Programs, not a library: no declarations.
export default { ...library(programs), dts: false };
