/** `iot-fault-proxy`: a proxy until Ctrl-C. Exit codes: 0, 1 for an error, 2 for a bad option. */
import { command } from '@iot/app-kit/command';
import { run } from '@iot/app-kit/run';
import { addProxyOptions, checkProxySettings } from './options.js';
import { runProxy } from './run.js';

const parse = (args: readonly string[]) => {
  const it = command('iot-fault-proxy', 'A TCP proxy that simulates a bad network. Ctrl-C ends it.');
  return checkProxySettings(addProxyOptions(it).parse(args, { from: 'user' }));
};

await run({ parse }, runProxy);
