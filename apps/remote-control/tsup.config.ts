import { library } from '@iot/tsup-config';
import { programs, workers } from './programs.js';

// Programs, not a library: no declarations.
export default { ...library({ ...programs, ...workers }), dts: false };
