/**
 * Messages to systemd. Its socket takes datagrams, which Node cannot send to a socket file, so that the tool of systemd
 * itself does it: one process a message, never two at a time, and what has gathered meanwhile goes in the next one.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** systemd-notify waits until systemd has read the message, for up to 5 s. */
const LONGEST_MS = 6000;

export class SystemdNotifier {
  /** By variable: the newest value counts. */
  readonly #pending = new Map<string, string>();
  #sending: Promise<void> | undefined;

  /**
   * Sends `variable=value`. Resolves once it, and what came with it, has been sent.
   *
   * @throws Error when a message could not be sent; the message says what to do.
   */
  notify(variable: string, value: string): Promise<void> {
    this.#pending.set(variable, value);
    this.#sending ??= this.#send();
    return this.#sending;
  }

  async #send(): Promise<void> {
    let failure: Error | undefined;
    while (this.#pending.size > 0) {
      const variables = [...this.#pending].map(([variable, value]) => `${variable}=${value}`);
      this.#pending.clear();
      try {
        await run('systemd-notify', variables, { timeout: LONGEST_MS, killSignal: 'SIGKILL' });
      } catch (error) {
        failure = explained(error as NodeJS.ErrnoException);
      }
    }
    this.#sending = undefined;
    if (failure) throw failure;
  }
}

const run = promisify(execFile);

function explained(error: NodeJS.ErrnoException): Error {
  const why =
    error.code === 'ENOENT'
      ? 'systemd-notify is not in PATH; it comes with systemd'
      : `systemd-notify failed; is NOTIFY_SOCKET that of a running systemd? (${error.message.trim()})`;
  return new Error(`watchdog.systemd: ${why}`, { cause: error });
}
