import { bundle } from '@iot/app-kit/testing/bundle';
import { programs } from '../programs.js';

export default bundle(programs, new URL('..', import.meta.url));
