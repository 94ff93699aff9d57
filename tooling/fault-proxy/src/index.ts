export type { Direction, Directions } from './direction.js';
export { FaultProxyError, type FaultProxyErrorCode } from './errors.js';
export type { CutKind, Link, LinkEnd, LinkState } from './link.js';
export type { Endpoint, FaultProxy, FaultProxyEvents, FaultProxyStats } from './proxy.js';
export { startFaultProxy, type FaultProxyOptions } from './start.js';
