export type { BusEvent, TransferKind, Unit, Wire } from './bus-event.js';
export { MemoryBus, type InitiatorPorts, type MemoryBusOptions, type ResponderPorts } from './memory-bus.js';
