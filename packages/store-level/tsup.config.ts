import { library } from '@iot/tsup-config';

export default library({ 'cli/main': 'src/cli/main.ts' });
