/** `iot chaos`: the command of `@iot/fault-proxy`. */
import { addProxyOptions, checkProxySettings, runProxy } from '@iot/fault-proxy/internal';
import type { DefineCommand } from '../context.js';

export const chaos: DefineCommand = (command, { stop }) => {
  addProxyOptions(command).action(() => runProxy(checkProxySettings(command), stop));
};
