/** `iot chaos`: the command of `@iot/fault-proxy`. */
import { addProxyOptions, checkProxySettings, runProxy } from '@iot/fault-proxy/internal';
import type { AddCommand } from '../context.js';

export const chaos: AddCommand = (iot, { stop }) => {
  const command = iot
    .command('chaos')
    .description('a proxy in front of a server that cuts, stalls, slows and loses, until Ctrl-C');
  addProxyOptions(command).action(() => runProxy(checkProxySettings(command), stop));
};
