export { command, envFileOption, LONGEST_MS, portOption, timeoutOption, wholeNumber } from './options.js';
export { run, stopped, type Parent } from './run.js';
