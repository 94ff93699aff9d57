/**
 * Runs `nmcli`, the command-line tool of NetworkManager. Each call is one child process, without a shell. The child gets only a
 * few environment variables, and a password is passed on standard input. A child process ends with its call. The exception is
 * `monitor`: its child runs until it is stopped.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LinkError } from '@iot/framing';
import { nmcliError } from './nmcli-error.js';

/** Much more than any of the calls here returns. A child with more output is killed. */
const MAX_OUTPUT_CHARS = 1024 * 1024;

export interface NmcliCall {
  /** The purpose of the call, for error messages, such as "connect wlan0". */
  readonly purpose: string;
  readonly args: readonly string[];
  /** Password of the network, for a call with `passwd-file /dev/stdin`. It never appears in a message. */
  readonly password?: string | undefined;
}

export class Nmcli {
  readonly #path: string;

  /** @param path of the executable, or its name in PATH */
  constructor(path: string) {
    this.#path = path;
  }

  /**
   * Makes one call and returns its standard output. Aborting kills the child and waits for its end.
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
   * Starts `nmcli monitor`. It calls `onOutput` for each output of the monitor: at the start, and whenever anything changes. It
   * calls `onEnd` if the monitor ends by itself. Returns a function that ends the monitor; neither is called after that.
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
    // The error output is read and discarded: otherwise nmcli would block once the pipe is full.
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
   * Starts a child process. Most failures are reported by its event `error`, and it may then have no streams. Some failures,
   * such as too little memory, are thrown.
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
 * The environment variables of the child. The application's own are not passed on: they may contain the password, and other
 * users may see them in the list of processes. The language is English. The character set is UTF-8, because with any other
 * character set nmcli prints names of networks as question marks.
 */
function environment(): NodeJS.ProcessEnv {
  const { PATH, DBUS_SYSTEM_BUS_ADDRESS } = process.env;
  return { PATH, LC_ALL: 'C.UTF-8', ...(DBUS_SYSTEM_BUS_ADDRESS ? { DBUS_SYSTEM_BUS_ADDRESS } : {}) };
}

/** Escapes the password: nmcli strips spaces at both ends of a secret, and reads a backslash as the start of an escape. */
function passwordLine(password: string): string {
  const escaped = password.replaceAll('\\', '\\\\').replaceAll(/^ | $/g, '\\040');
  return `802-11-wireless-security.psk:${escaped}\n`;
}

/**
 * Opens a file with this text for reading, and deletes its name. It is used instead of a pipe: nmcli opens /dev/stdin by its
 * name, and Linux refuses that for the sockets that Node uses as pipes to a child. For a file it is allowed.
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
