export {
  PrintingLog,
  say,
  sayOnce,
  timedOutput,
  tryAgain,
  type LinkFacts,
  type LinkLog,
  type Output,
  type PrintingLogOptions,
} from './log.js';
export {
  configuredListenOptions,
  overConfig,
  requireTlsFiles,
  TLS_PLACES,
  type ListenConfig,
} from './config.js';
export { command, durationOption, LONGEST_MS, numberOption, optionsOf, type Options } from './command.js';
export {
  addClientOptions,
  addServerOptions,
  anyPortOption,
  clientCommand,
  envFileOption,
  idOption,
  portOption,
  serverCommand,
  timeoutOption,
  tlsPortOption,
  type ClientSettings,
  type ServerSettings,
} from './options.js';
export { printable } from './printable.js';
export { ProcessGroup } from './process-group.js';
export { RunScope } from './run-scope.js';
export { run, runUntilStopped, stopped } from './run.js';
export { Screen, type Out } from './screen.js';
export {
  insteadOf,
  listenOn,
  listenOptions,
  openServer,
  portsOf,
  sayNotServed,
  sayTurnedAway,
} from './server.js';
export { median, ms, row, sum, verdict } from './table.js';
export { addServerTls, openClientTls, openFleetTls, reloadOnSighup, type ServerTls } from './tls.js';
export type { WorkerProcess } from './worker-process.js';
export { work } from './worker.js';
