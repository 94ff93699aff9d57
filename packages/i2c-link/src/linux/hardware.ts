/**
 * `openResponderHardware` opens the I2C bus and the GPIO lines of a Linux board for a responder, which is the unit with
 * the network and the master of the bus.
 */
import { LinkError } from '@iot/framing';
import type { I2cMaster, Pin } from '../channel/ports.js';
import { LinuxBus } from './bus.js';
import { LineWatch } from './line-watch.js';
import { firstLine, loadGpiod, loadI2cBus } from './native.js';
import { openInput, openOutput, type GpioLine, type LinuxPin } from './pins.js';

export interface ResponderHardwareOptions {
  /** Number of the bus, for example 1 for `/dev/i2c-1`. */
  readonly bus: number;
  /** The wire that the board drives. */
  readonly syn: GpioLine;
  /** The wire that this unit drives. */
  readonly ack: GpioLine;
  /** The wire on which the board resets this unit. Default: none. */
  readonly reset?: GpioLine | undefined;
  /**
   * Called once when a line can no longer be read, for example because an adapter was unplugged. No changes of lines are
   * reported after that.
   */
  readonly failed: (error: LinkError) => void;
}

export interface ResponderHardware extends AsyncDisposable {
  /** The ports of a responder. They are options of `openBridge` and `openChannel`. */
  readonly ports: {
    readonly master: I2cMaster;
    readonly syn: Pin;
    readonly ack: Pin;
    readonly reset: { readonly pin: Pin } | undefined;
  };
  /** Leaves `ack` high and releases the lines and, after the transfer in flight, the bus. Idempotent. */
  close(): Promise<void>;
}

/** Functions that load the two native packages. Tests pass their own. */
export interface NativePackages {
  readonly i2cBus: typeof loadI2cBus;
  readonly gpiod: typeof loadGpiod;
}

/**
 * Opens the bus and the lines of a Linux board, such as a Raspberry Pi, which is the responder.
 *
 * @throws UsageError `ERR_BAD_OPTION` when `i2c-bus` or `node-libgpiod` is missing; LinkError `ERR_CONNECT` when the bus or
 * a line cannot be opened
 */
export async function openResponderHardware(
  options: ResponderHardwareOptions,
  native: NativePackages = { i2cBus: loadI2cBus, gpiod: loadGpiod },
): Promise<ResponderHardware> {
  const gpiod = await native.gpiod();
  const bus = await LinuxBus.open(options.bus, native.i2cBus);
  const watch = new LineWatch((error) => {
    const message = `a GPIO line can no longer be read (${firstLine(error)})`;
    options.failed(new LinkError('ERR_LINK_LOST', message, { cause: error }));
  });
  const pins: LinuxPin[] = [];
  const keep = (pin: LinuxPin): LinuxPin => {
    pins.push(pin);
    return pin;
  };
  const release = async (): Promise<void> => {
    watch.close();
    for (const pin of pins) pin.close();
    await bus.close();
  };
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => (closed ??= release());
  try {
    const ack = keep(openOutput(gpiod, options.ack, watch));
    const syn = keep(openInput(gpiod, options.syn, watch));
    const reset = options.reset && { pin: keep(openInput(gpiod, options.reset, watch)) };
    return { ports: { master: bus, syn, ack, reset }, close, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}
