import { library } from '@iot/tsup-config';

export default library({
  'board/index': 'src/board/index.ts',
  'bridge/index': 'src/bridge/index.ts',
  'cli/main': 'src/cli/main.ts',
  'linux/index': 'src/linux/index.ts',
  'testing/index': 'src/testing/index.ts',
});
