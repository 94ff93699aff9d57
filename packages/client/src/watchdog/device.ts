/**
 * A hardware watchdog of Linux. Its timer starts when the device is opened. It resets the board unless a byte is written to the
 * device in time, for instance because the process or the kernel has crashed. It stops only if the last byte before the close
 * is a `V` (the "magic close").
 */
import { closeSync, constants, openSync, writeSync } from 'node:fs';

export class WatchdogDevice {
  readonly #fd: number;

  /** @throws Error when the device cannot be opened. The message gives advice. */
  constructor(path: string) {
    try {
      this.#fd = openSync(path, constants.O_WRONLY);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw new Error(
        `watchdog.device: cannot open ${path} (${code}): does it exist, is it unused, and may this process write to it?`,
        { cause: error },
      );
    }
  }

  feed(): void {
    writeSync(this.#fd, '\0');
  }

  /** Stops the hardware watchdog with the magic close. */
  close(): void {
    writeSync(this.#fd, 'V');
    closeSync(this.#fd);
  }
}
