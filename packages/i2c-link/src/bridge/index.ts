export { Bridge, openBridge, type BridgeEvents, type BridgeOptions } from './bridge.js';
export {
  openChannel,
  type ChannelOptions,
  type InitiatorOptions,
  type ResponderOptions,
} from '../channel/open.js';
export type { I2cMaster, I2cSlave, Level, Pin, ResetLine } from '../channel/ports.js';
export { ChannelTransport } from '../channel/transport.js';
export type { LinkConfig } from '../messages/config.js';
