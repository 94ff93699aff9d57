/**
 * Messages to systemd. Its socket takes datagrams, which Node cannot send to a socket file, so that the tool of systemd
 * itself does it: one process a message, never two at a time, and what has gathered meanwhile goes in the next one.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** systemd-notify waits until systemd has read the message, for up to 5 s. */
const LONGEST_MS = 6000;

/** By variable: the newest value counts. */
type Variables = Map<string, string>;

export class SystemdNotifier {
  readonly #who: string;
  readonly #warn: (message: string) => void;
  #warned = false;
  #pending: Variables = new Map();
  /** Sent, and perhaps lost: systemd drops a message whose sender has ended before it was read. */
  #unconfirmed: Variables = new Map();
  #sending: Promise<void> | undefined;

  /**
   * @param who asked for it, for messages
   * @param warn is called once, when a message is not confirmed for the first time
   */
  constructor(who: string, warn: (message: string) => void) {
    this.#who = who;
    this.#warn = warn;
  }

  /**
   * Sends `variable=value`. Resolves once it, and what came with it, has been sent. What systemd has not confirmed, since
   * it is busy or a proxy of its socket does not confirm anything, is sent again with the next message.
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
      const message = new Map([...this.#unconfirmed, ...this.#pending]);
      this.#pending = new Map();
      this.#unconfirmed = new Map();
      try {
        const variables = [...message].map(([variable, value]) => `${variable}=${value}`);
        await run('systemd-notify', variables, { timeout: LONGEST_MS, killSignal: 'SIGKILL' });
      } catch (error) {
        if (isMisuse(error as ExecError)) {
          failure = explained(this.#who, error as ExecError);
        } else {
          this.#unconfirmed = message;
          this.#warnOnce(error as ExecError);
        }
      }
    }
    this.#sending = undefined;
    if (failure) throw failure;
  }

  #warnOnce(error: ExecError): void {
    if (this.#warned) return;
    this.#warned = true;
    const why = error.message.trim().replaceAll(/\s+/g, ' ');
    this.#warn(`${this.#who}: a notification may be lost, and goes out again with the next one (${why})`);
  }
}

const run = promisify(execFile);

interface ExecError extends Error {
  /** The exit code, null after a signal, or why it could not be started. */
  readonly code: number | string | null;
  readonly stderr?: string;
}

/**
 * The program is not there, or systemd is not. Not so: a message that was sent and not confirmed within 5 s, and a
 * machine that is short of memory or processes for a moment, as it may be at boot.
 */
function isMisuse({ code, stderr = '' }: ExecError): boolean {
  if (typeof code === 'number') return !stderr.includes('barrier');
  return code === 'ENOENT' || code === 'EACCES';
}

function explained(who: string, error: ExecError): Error {
  const why =
    typeof error.code === 'number'
      ? `systemd-notify failed; is NOTIFY_SOCKET that of a running systemd? (${error.message.trim()})`
      : `systemd-notify is not in PATH, or may not be run (${error.code}); it comes with systemd`;
  return new Error(`${who}: ${why}`, { cause: error });
}
