/**
 * Runs NetworkManager's command-line tool: one child process a call, without a shell, in an environment of its own that
 * holds nothing of the application's. What is secret goes in as standard input. A child never outlives its call, but for
 * `monitor`, which runs until it is stopped.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LinkError } from '@iot/framing';
import { nmcliError } from './nmcli-error.js';

/** Many times what any of our questions is answered with. */
const MAX_OUTPUT_CHARS = 1024 * 1024;

export interface NmcliCall {
  /** For messages: what the call is to do, such as "connect wlan0". */
  readonly purpose: string;
  readonly args: readonly string[];
  /** Of the network: for a call with `passwd-file /dev/stdin`. It never appears in a message. */
  readonly password?: string | undefined;
}

export class Nmcli {
  readonly #path: string;

  /** @param path of the executable, or its name in PATH */
  constructor(path: string) {
    this.#path = path;
  }

  /**
   * One call; yields its standard output. Aborting kills the child, and waits for its end.
   *
   * @throws LinkError `ERR_NETWORK`; `signal.reason` on abort.
   */
  async run(call: NmcliCall, signal: AbortSignal): Promise<string> {
    signal.throwIfAborted();
    const child = this.#started(call);
    const output = { out: '', err: '' };
    const kill = () => child.kill('SIGKILL');
    const take = (which: keyof typeof output) => (text: string) => {
      output[which] += text;
      if (output[which].length > MAX_OUTPUT_CHARS) kill();
    };
    child.stdout?.setEncoding('utf8').on('data', take('out'));
    child.stderr?.setEncoding('utf8').on('data', take('err'));
    signal.addEventListener('abort', kill, { once: true });
    try {
      const code = await new Promise<number | null>((resolve, reject) => {
        child.once('error', reject);
        child.once('close', resolve);
      });
      if (code === 0) return output.out;
      throw nmcliError({ ...call, code, stderr: output.err });
    } catch (error) {
      signal.throwIfAborted();
      throw error instanceof LinkError ? error : this.#cannotRun(error);
    } finally {
      signal.removeEventListener('abort', kill);
    }
  }

  /**
   * `nmcli monitor`: calls `onOutput` each time it says something, which it does at its start and whenever anything
   * changes, and `onEnd` when it has ended by itself. The function returned ends it, and nothing is called after that.
   */
  monitor(onOutput: () => void, onEnd: () => void): () => void {
    let child: ChildProcess;
    try {
      child = this.#start({ args: ['monitor'] });
    } catch {
      const told = setImmediate(onEnd);
      return () => {
        clearImmediate(told);
      };
    }
    const stop = () => {
      child.stdout?.off('data', onOutput);
      child.off('close', ended).off('error', ended);
      child.on('error', () => undefined);
      child.kill('SIGKILL');
    };
    const ended = () => {
      stop();
      onEnd();
    };
    child.stdout?.on('data', onOutput);
    // Read, since it would wait for that once a pipe is full, and not kept.
    child.stderr?.resume();
    child.once('close', ended).once('error', ended);
    return stop;
  }

  #started(call: NmcliCall): ChildProcess {
    try {
      return this.#start(call);
    } catch (error) {
      throw this.#cannotRun(error);
    }
  }

  /**
   * Most failures are reported by the child's event `error`, which may have no streams then; some, such as a want of memory,
   * are thrown.
   */
  #start({ args, password }: Pick<NmcliCall, 'args' | 'password'>): ChildProcess {
    const input = password === undefined ? undefined : inMemoryFile(passwordLine(password));
    try {
      return spawn(this.#path, args, { env: environment(), stdio: [input ?? 'ignore', 'pipe', 'pipe'] });
    } finally {
      if (input !== undefined) closeSync(input);
    }
  }

  #cannotRun(cause: unknown): LinkError {
    const { code } = cause as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'was not found' : `cannot be run (${code ?? String(cause)})`;
    const advice =
      code === 'ENOENT' || code === 'EACCES'
        ? 'install NetworkManager (Debian: apt install network-manager), or give its path as nmcli'
        : 'is the board short of memory, of processes or of files?';
    return new LinkError('ERR_NETWORK', `${this.#path} ${why}: ${advice}`, { cause });
  }
}

/**
 * Not the application's own: that may hold the password, and another user's process list may show it. The language is
 * plain English; its character set UTF-8, since nmcli shows the name of a network as question marks in any other.
 */
function environment(): NodeJS.ProcessEnv {
  const { PATH, DBUS_SYSTEM_BUS_ADDRESS } = process.env;
  return { PATH, LC_ALL: 'C.UTF-8', ...(DBUS_SYSTEM_BUS_ADDRESS ? { DBUS_SYSTEM_BUS_ADDRESS } : {}) };
}

/** nmcli strips spaces at both ends of a secret, and takes a backslash for the start of an escape. */
function passwordLine(password: string): string {
  const escaped = password.replaceAll('\\', '\\\\').replaceAll(/^ | $/g, '\\040');
  return `802-11-wireless-security.psk:${escaped}\n`;
}

/**
 * A file that has no name any more, open for reading. nmcli opens /dev/stdin by its name, which Linux refuses for the
 * sockets that Node makes of its children's pipes, and allows for a file.
 */
function inMemoryFile(text: string): number {
  const memory = '/dev/shm';
  const folder = mkdtempSync(join(existsSync(memory) ? memory : tmpdir(), 'iot-'));
  try {
    const file = join(folder, 'input');
    writeFileSync(file, text, { mode: 0o600 });
    return openSync(file, 'r');
  } finally {
    rmSync(folder, { recursive: true });
  }
}
