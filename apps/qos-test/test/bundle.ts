import { bundle } from '@iot/app-kit/testing/bundle';
import { programs, workers } from '../programs.js';

export default bundle({ ...programs, ...workers }, new URL('..', import.meta.url));
