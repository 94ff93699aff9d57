// A seeded world for any protocol machine: virtual clock, faulty wires, processes that stall and die, and the
// checker of the promise. This package must not import another @iot package, and must not use a real clock or
// real randomness.
export { Random } from './random.js';
export { LivelockError, VirtualClock, type VirtualClockOptions } from './virtual-clock.js';
export { escapeBytes, Trace } from './trace.js';
export { Wire, type Direction, type WireOptions } from './wire.js';
export { WireEnd } from './wire-end.js';
export type { Chunking, ClosedHow, FlowConditions } from './wire-flow.js';
export { Driver, type Death, type DriverOptions, type LinkEnd, type Machine } from './driver.js';
export { runSeeds, SeedError, seedsFromEnv, type RunSeedsOptions, type SeedRange } from './seeds.js';
export { Ledger, LedgerError, type LedgerOptions } from './ledger.js';
export type { LedgerReport, Ticket, WriteKind } from './ledger-entry.js';
