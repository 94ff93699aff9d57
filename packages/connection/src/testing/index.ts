/** Exports of `@iot/connection/testing`: contract tests for transports and stores, and simulated ones. */
export { memoryPair, type MemoryPairOptions, type MemoryTransport } from './memory-pair.js';
export { SimulatedDisk, type SimulatedDiskOptions, type StoreFaults } from './simulated-store.js';
export {
  storeContract,
  type MakeStore,
  type StoreContractCase,
  type StoreUnderTest,
} from './store-contract.js';
export { transportContract, type ContractCase, type Ends, type MakePair } from './transport-contract.js';
export type { Clock, Transport, TransportEnd, TransportHandlers } from '../ports.js';
export type * from '../store/types.js';
