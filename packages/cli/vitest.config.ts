import shared from '@iot/vitest-config/app';
import { mergeConfig } from 'vitest/config';

// What the command prints in the process of a test has no colours, as in a process of its own.
export default mergeConfig(shared, { test: { env: { NO_COLOR: '1' } } });
