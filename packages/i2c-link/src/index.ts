export { MAX_TRANSFER_BYTES, SLAVE_ADDRESS } from './channel.js';
export { ChannelTransport } from './channel-transport.js';
export {
  openChannel,
  type ChannelOptions,
  type InitiatorOptions,
  type ResponderOptions,
} from './open-channel.js';
export type { I2cMaster, I2cSlave, Level, Pin, ResetLine } from './ports.js';
export { Board, openBoard, type BoardOptions } from './board.js';
export { Bridge, openBridge, type BridgeEvents, type BridgeOptions } from './bridge.js';
export type { LinkConfig } from './config.js';
export type { Report } from './conversation.js';
