import { LinkError } from '@iot/framing';
import type { I2cMaster } from '../channel/ports.js';
import { firstLine, loadI2cBus, type I2cBusDevice } from './native.js';

/**
 * The device `/dev/i2c-<number>` as the master of the channel. It uses the package `i2c-bus`. Transfers run on a thread of
 * libuv's pool, so the event loop and the link to the server continue while the bus is busy.
 */
export class LinuxBus implements I2cMaster {
  readonly #device: I2cBusDevice;
  /** The transfer in flight, or the last one. Never rejects. */
  #transfer: Promise<unknown> = Promise.resolve();
  #closed: Promise<void> | undefined;

  private constructor(device: I2cBusDevice) {
    this.#device = device;
  }

  /**
   * Resolves when the device file is open.
   *
   * @throws UsageError `ERR_BAD_OPTION` when the package is missing; LinkError `ERR_CONNECT` when the bus does not exist or
   * this user may not use it
   */
  static async open(number: number, load = loadI2cBus): Promise<LinuxBus> {
    const i2c = await load();
    const device = await i2c
      .openPromisified(number)
      .catch((error: unknown) => refuse(number, firstLine(error), error));
    // The package opens the file at the first use. Use it here: an error must be found now, not in the first exchange.
    const error = await device.i2cFuncs().then(
      (functions) => (functions.i2c ? undefined : new Error('it has no plain I2C transfers')),
      (error: unknown) => error,
    );
    if (error === undefined) return new LinuxBus(device);
    await device.close();
    return refuse(number, firstLine(error), error);
  }

  async read(address: number, length: number): Promise<Uint8Array> {
    const buffer = Buffer.alloc(length);
    const { bytesRead } = await this.#run(this.#device.i2cRead(address, length, buffer), 'read');
    if (bytesRead !== length) throw broken(`the read ended after ${bytesRead} of ${length} bytes`);
    return buffer;
  }

  async write(address: number, bytes: Uint8Array): Promise<void> {
    // The package accepts only a Buffer. This is a copy, because the thread reads it while the caller continues.
    const buffer = Buffer.from(bytes);
    const { bytesWritten } = await this.#run(this.#device.i2cWrite(address, buffer.length, buffer), 'write');
    if (bytesWritten !== bytes.length) {
      throw broken(`the write ended after ${bytesWritten} of ${bytes.length} bytes`);
    }
  }

  /**
   * Closes the device after the transfer in flight has ended. If the file were closed earlier, its descriptor could be
   * given to another file, which the transfer would then use. Idempotent.
   */
  close(): Promise<void> {
    this.#closed ??= this.#transfer.then(() => this.#device.close());
    return this.#closed;
  }

  async #run<Result>(transfer: Promise<Result>, what: string): Promise<Result> {
    this.#transfer = transfer.catch(() => undefined);
    try {
      return await transfer;
    } catch (error) {
      throw broken(`the ${what} failed (${firstLine(error)})`, error);
    }
  }
}

function broken(what: string, cause?: unknown): LinkError {
  return new LinkError('ERR_LINK_LOST', `I2C: ${what}: is the board there, and are the wires sound?`, {
    cause,
  });
}

function refuse(number: number, why: string, cause: unknown): never {
  const hint = 'is I2C switched on, and may you use /dev/i2c-*?';
  throw new LinkError('ERR_CONNECT', `cannot use I2C bus ${number} (${why}): ${hint}`, { cause });
}
