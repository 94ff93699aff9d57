export type { BusEvent, TransferKind, Unit, Wire } from './bus-event.js';
export { MemoryBus, type InitiatorPorts, type MemoryBusOptions, type ResponderPorts } from './memory-bus.js';
export type { I2cMaster, I2cSlave, Level, Pin } from '../channel/ports.js';
export type { Clock } from '@iot/connection';
