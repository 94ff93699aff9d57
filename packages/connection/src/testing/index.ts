export { memoryPair, MemoryTransport, type MemoryPairOptions } from './memory-pair.js';
export { transportContract, type ContractCase, type MakePair } from './transport-contract.js';
