// The responder's hardware on Linux. The native packages are loaded only by `openResponderHardware`.
export {
  openResponderHardware,
  type NativePackages,
  type ResponderHardware,
  type ResponderHardwareOptions,
} from './hardware.js';
export { fineClock } from './fine-clock.js';
export { LinuxBus } from './bus.js';
export { parseGpioLine, type GpioLine } from './pins.js';
export type { GpiodLine, GpiodPackage, I2cBusDevice, I2cBusPackage } from './native.js';
export type { I2cMaster, Level, Pin } from '../channel/ports.js';
export type { Clock } from '@iot/connection';
export type { ErrorCode, IotError, LinkError } from '@iot/framing';
