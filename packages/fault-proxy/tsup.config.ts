import { library } from '@iot/tsup-config';
import { programs } from './programs.js';

export default library({ 'cli/main': programs['iot-fault-proxy'] });
