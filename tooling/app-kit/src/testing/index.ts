export { board, dial, HOST, LOOPBACK, serve, STEADY_MS, TestLog } from './link.js';
export { at, holdPort, Program, type Outcome, type ProgramOptions } from './program.js';
export {
  anyPortSuite,
  commandSuite,
  envFile,
  groupSuite,
  optionsSuite,
  saysTurnedAway,
  serverSuite,
  startServer,
} from './suites.js';
export { keyFile, TLS_ALONE, tlsSuite } from './tls-suite.js';
