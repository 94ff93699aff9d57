import { library } from '@iot/tsup-config';

export default library({
  index: 'src/index.ts',
  'cli/main': 'src/cli/main.ts',
  'linux/index': 'src/linux/index.ts',
  'testing/index': 'src/testing/index.ts',
});
