import { library } from '@iot/tsup-config';

export default library({ index: 'src/index.ts', 'internal/index': 'src/internal/index.ts' });
