/** What the command `iot chaos` of @iot/cli shares with the command of this package. */
export { addProxyOptions, checkProxySettings, type ProxySettings } from './cli/options.js';
export { runProxy } from './cli/run.js';
