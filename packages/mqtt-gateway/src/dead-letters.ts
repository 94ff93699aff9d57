/**
 * Dead letters: messages that cannot be delivered to the broker or to a board. Each is appended to a file as one line of
 * JSON. The message counts as handled only after the file was synced.
 */
import { open, type FileHandle } from 'node:fs/promises';
import { UsageError } from '@iot/server';
import type { DeadLetter, GatewayEvent } from './events.js';

export class DeadLetters {
  readonly #path: string | undefined;
  readonly #file: FileHandle | undefined;
  readonly #report: (event: GatewayEvent) => void;
  #last: Promise<void> = Promise.resolve();

  private constructor(
    path: string | undefined,
    file: FileHandle | undefined,
    report: (event: GatewayEvent) => void,
  ) {
    this.#path = path;
    this.#file = file;
    this.#report = report;
  }

  /**
   * @param path path of the file; if it is undefined, dead letters are only reported
   * @throws UsageError `ERR_BAD_OPTION` when the file cannot be opened
   */
  static async open(path: string | undefined, report: (event: GatewayEvent) => void): Promise<DeadLetters> {
    if (path === undefined) return new DeadLetters(path, undefined, report);
    const file = await open(path, 'a').catch((error: unknown) => {
      const { code } = error as NodeJS.ErrnoException;
      throw new UsageError('ERR_BAD_OPTION', `deadLetters: ${path} cannot be opened (${code})`);
    });
    return new DeadLetters(path, file, report);
  }

  /** Resolves when the dead letter is on the disk. Rejects when it cannot be written: the message is then not handled. */
  put(letter: DeadLetter): Promise<void> {
    this.#last = this.#last.then(() => this.#append(letter));
    return this.#last;
  }

  async close(): Promise<void> {
    await this.#last.catch(() => undefined);
    await this.#file?.close();
  }

  async #append(letter: DeadLetter): Promise<void> {
    const line = `${JSON.stringify({ time: new Date().toISOString(), ...letter })}\n`;
    try {
      await this.#file?.appendFile(line);
      await this.#file?.datasync();
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      const message = `deadLetters: ${this.#path} cannot be written (${code}): the message counts as not handled, and the next process gets it again`;
      throw new Error(message, { cause: error });
    }
    this.#report({ type: 'dead letter', letter, file: this.#path });
  }
}
