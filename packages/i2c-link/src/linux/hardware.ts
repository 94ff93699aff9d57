import { LinkError } from '@iot/framing';
import type { I2cMaster, Pin } from '../channel/ports.js';
import { LinuxBus } from './bus.js';
import { LineWatch } from './line-watch.js';
import { firstLine, loadGpiod, loadI2cBus } from './native.js';
import { openInput, openOutput, type GpioLine, type LinuxPin } from './pins.js';

export interface ResponderHardwareOptions {
  /** Number of the bus: 1 for `/dev/i2c-1`. */
  readonly bus: number;
  /** The wire that the board drives. */
  readonly syn: GpioLine;
  /** The wire that this unit drives. */
  readonly ack: GpioLine;
  /** The wire on which the board resets this unit. Default: none. */
  readonly reset?: GpioLine | undefined;
  /** Told once when a line can be read no more (an adapter that was unplugged): no change is reported from then on. */
  readonly failed: (error: LinkError) => void;
}

export interface ResponderHardware extends AsyncDisposable {
  /** What a responder's channel needs; `openBridge` and `openChannel` take them as they are. */
  readonly ports: {
    readonly master: I2cMaster;
    readonly syn: Pin;
    readonly ack: Pin;
    readonly reset: { readonly pin: Pin } | undefined;
  };
  /** Leaves `ack` high and gives all back, after the transfer under way. Idempotent. */
  close(): Promise<void>;
}

/** Loads the two native packages; a test brings its own. */
export interface NativePackages {
  readonly i2cBus: typeof loadI2cBus;
  readonly gpiod: typeof loadGpiod;
}

/**
 * The bus and the pins of a Linux board, such as a Raspberry Pi, that takes the responder's place.
 *
 * @throws UsageError `ERR_BAD_OPTION` when `i2c-bus` or `node-libgpiod` is missing; LinkError `ERR_CONNECT` when the bus or
 * a line cannot be had
 */
export async function openResponderHardware(
  options: ResponderHardwareOptions,
  native: NativePackages = { i2cBus: loadI2cBus, gpiod: loadGpiod },
): Promise<ResponderHardware> {
  const gpiod = await native.gpiod();
  const bus = await LinuxBus.open(options.bus, native.i2cBus);
  const watch = new LineWatch((error) => {
    const message = `a GPIO line can be read no more (${firstLine(error)})`;
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
