export { memoryPair, type MemoryPairOptions, type MemoryTransport } from './memory-pair.js';
export { transportContract, type ContractCase, type Ends, type MakePair } from './transport-contract.js';
export type { Clock, Transport, TransportEnd, TransportHandlers } from '../ports.js';
