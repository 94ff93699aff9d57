export { Connection, type ConnectionEvents, type ConnectionOptions, type WaitOptions } from './connection.js';
export type { Engine, EngineHandlers } from './engine.js';
export { Emitter } from './events.js';
export type { Clock, Transport, TransportEnd, TransportHandlers } from './ports.js';
export { Pump } from './pump.js';
export { quiet, rejected, Waiters } from './waiters.js';
export type { WriteOptions } from './write-queue.js';
export { LINK_DEFAULTS, withDefaults, type LinkOptions } from './options.js';
