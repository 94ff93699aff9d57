import { library } from '@iot/eslint-config';

export default library('cli');
