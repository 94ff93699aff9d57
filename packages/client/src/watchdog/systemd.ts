/**
 * Sends notifications to systemd. systemd receives them as datagrams on a Unix socket, which Node cannot send. The command
 * `systemd-notify` therefore sends them: one process for each message, one at a time. Notifications that are made while a
 * process runs are sent together in the next message.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Longer than 5 s: `systemd-notify` waits up to 5 s until systemd has read the message. */
const LONGEST_MS = 6000;

/** Values by variable. A newer value replaces an older one. */
type Variables = Map<string, string>;

export class SystemdNotifier {
  readonly #who: string;
  readonly #warn: (message: string) => void;
  #warned = false;
  #pending: Variables = new Map();
  /** Sent, but not confirmed. They may be lost: systemd drops a message whose sender has ended before systemd reads it. */
  #unconfirmed: Variables = new Map();
  #sending: Promise<void> | undefined;

  /**
   * @param who the name of the option or command that wants the notifications, for error messages
   * @param warn called once, when a message is not confirmed for the first time
   */
  constructor(who: string, warn: (message: string) => void) {
    this.#who = who;
    this.#warn = warn;
  }

  /**
   * Sends `variable=value`. Resolves once all notifications made so far have been sent. If systemd does not confirm a
   * notification, the notification is sent again with the next message. systemd may be busy, or a proxy of its socket may
   * confirm nothing.
   *
   * @throws Error when a notification could not be sent. The message gives advice.
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
    this.#warn(`${this.#who}: a notification may be lost, and is sent again with the next one (${why})`);
  }
}

const run = promisify(execFile);

interface ExecError extends Error {
  /** The exit code; null after a signal; an error code when the command could not be started. */
  readonly code: number | string | null;
  readonly stderr?: string;
}

/**
 * True when trying again would not help: `systemd-notify` is missing, or systemd is not running. False when a message was sent
 * and not confirmed within 5 s, or when the machine is short of memory or processes for a moment, as may happen at boot.
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
