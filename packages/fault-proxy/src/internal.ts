/** For the command `iot chaos` of @iot/cli, which shares its code with the command of this package. */
export { addProxyOptions, checkProxySettings, type ProxySettings } from './cli/options.js';
export { runProxy } from './cli/run.js';
