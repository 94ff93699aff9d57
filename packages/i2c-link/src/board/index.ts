export { Board, openBoard, type BoardOptions } from './board.js';
export {
  openChannel,
  type ChannelOptions,
  type InitiatorOptions,
  type ResponderOptions,
} from '../channel/open.js';
export type { I2cMaster, I2cSlave, Level, Pin, ResetLine } from '../channel/ports.js';
export { MAX_TRANSFER_BYTES, SLAVE_ADDRESS } from '../channel/payloads.js';
export { ChannelTransport } from '../channel/transport.js';
export type { Report } from '../messages/conversation.js';
export type { FailureHook } from './supervisor.js';
