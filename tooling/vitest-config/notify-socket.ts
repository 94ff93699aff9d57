/**
 * Simulates the socket on which systemd receives notifications of services. They are datagrams of a Unix
 * socket, which Node cannot receive, so a Perl program receives them.
 */
import { execFileSync, spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';

const RECEIVER = `
  use Socket;
  $| = 1;
  socket(my $socket, PF_UNIX, SOCK_DGRAM, 0) or die $!;
  bind($socket, sockaddr_un($ARGV[0])) or die $!;
  print "bound\\n";
  my $message;
  print "$message\\n" while defined recv($socket, $message, 4096, 0);
`;

/** The version of the systemd-notify in PATH. Undefined if there is none. */
export const systemdNotify = version();

function version(): string | undefined {
  try {
    return execFileSync('systemd-notify', ['--version'], { encoding: 'utf8' });
  } catch {
    return undefined;
  }
}

export class NotifySocket implements AsyncDisposable {
  readonly path: string;
  readonly #receiver: ChildProcessByStdio<null, Readable, null>;
  #heard = '';

  private constructor(path: string) {
    this.path = path;
    this.#receiver = spawn('perl', ['-e', RECEIVER, path], { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#receiver.stdout.setEncoding('utf8').on('data', (text: string) => (this.#heard += text));
  }

  static async open(path: string): Promise<NotifySocket> {
    const socket = new NotifySocket(path);
    await socket.until('bound');
    socket.#heard = '';
    return socket;
  }

  /** Waits for this line. Returns all lines received so far, one variable per line. */
  async until(line: string): Promise<string[]> {
    while (!this.#heard.split('\n').includes(line)) await once(this.#receiver.stdout, 'data');
    return this.#heard.split('\n').filter((it) => it !== '' && it !== 'BARRIER=1');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#receiver, 'close');
    this.#receiver.kill();
    await ended;
  }
}
