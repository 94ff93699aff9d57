import { library } from '@iot/eslint-config';

export default library('fault-proxy');
