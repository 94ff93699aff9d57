export type { Direction, Directions } from './direction.js';
export { wholeLines, type DropPredicate } from './drop.js';
export { FaultProxyError, type FaultProxyErrorCode } from './errors.js';
export type { Faults } from './faults.js';
export type { CutKind, Link, LinkEnd, LinkState } from './link.js';
export { checkScript, parseScript } from './parse-script.js';
export type { Endpoint, FaultProxy, FaultProxyEvents } from './proxy.js';
export { SeededRandom } from './random.js';
export { runScript, type RunScriptOptions, type StepPhase } from './run-script.js';
export {
  FAULT_KINDS,
  type DirectedFault,
  type FaultKind,
  type Script,
  type StandingFault,
  type Step,
} from './script.js';
export { seededScript, type SeededScriptOptions } from './seeded-script.js';
export type { Delay, Limit, Merge, Split } from './shape.js';
export { startFaultProxy, type FaultProxyOptions } from './start.js';
export type { FaultProxyStats } from './stats.js';
