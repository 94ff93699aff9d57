/**
 * A hardware watchdog of Linux: it starts to count when it is opened and resets the board unless a byte is written to it
 * in time, be it that the process has died or the kernel. Only the magic close, a `V` as the last byte before the close,
 * stops it.
 */
import { closeSync, constants, openSync, writeSync } from 'node:fs';

export class WatchdogDevice {
  readonly #fd: number;

  /** @throws Error when it cannot be opened; the message says what to do. */
  constructor(path: string) {
    try {
      this.#fd = openSync(path, constants.O_WRONLY);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw new Error(
        `watchdog.device: cannot open ${path} (${code}): is it there, free, and may this process write it?`,
        { cause: error },
      );
    }
  }

  feed(): void {
    writeSync(this.#fd, '\0');
  }

  /** The magic close: the board is no longer watched. */
  close(): void {
    writeSync(this.#fd, 'V');
    closeSync(this.#fd);
  }
}
