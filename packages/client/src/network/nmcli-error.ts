/** Errors of `nmcli`: turns an exit code into a message for the administrator of a board. */
import { LinkError } from '@iot/framing';

/** The exit codes in the manual page of nmcli. */
const MEANINGS: Readonly<Record<number, string>> = {
  1: 'nmcli failed, and its exit code does not show why',
  2: 'nmcli does not know these arguments: is this NetworkManager older than 1.22?',
  3: 'it took too long',
  4: 'the network did not connect: is it in reach, and the password right?',
  5: 'the connection was not ended',
  6: 'the device was not disconnected',
  7: 'the profile was not deleted',
  8: 'NetworkManager is not running: start it (systemctl start NetworkManager)',
  10: 'the profile, device or network does not exist',
  65: 'it expected the name of a file',
};
const NOT_RUNNING = 8;
const MAX_DETAIL_CHARS = 300;

/** A call of nmcli that failed. */
export class NmcliError extends LinkError {
  /** nmcli's exit code; null when it was killed. */
  readonly exitCode: number | null;

  constructor(message: string, exitCode: number | null) {
    super('ERR_NETWORK', message);
    this.exitCode = exitCode;
  }
}

export interface NmcliFailure {
  readonly purpose: string;
  readonly code: number | null;
  readonly stderr: string;
  /** It is removed from the output of nmcli before the output is quoted. */
  readonly password?: string | undefined;
}

export function nmcliError({ purpose, code, stderr, password = '' }: NmcliFailure): NmcliError {
  // Without a D-Bus daemon nmcli cannot ask whether NetworkManager runs, and ends with code 1.
  const exitCode = stderr.includes('Could not create NMClient') ? NOT_RUNNING : code;
  const meaning =
    exitCode === null ? 'nmcli was killed' : (MEANINGS[exitCode] ?? `nmcli ended with ${exitCode}`);
  const said = password === '' ? stderr : stderr.replaceAll(password, '…');
  return new NmcliError(`cannot ${purpose}: ${meaning}${detail(said)}`, exitCode);
}

/** The error output of nmcli, on one line. */
function detail(stderr: string): string {
  const said = stderr
    .replaceAll(/^Error: /gm, '')
    .trim()
    .replaceAll(/\s+/g, ' ');
  return said === '' ? '' : ` (nmcli: ${said.slice(0, MAX_DETAIL_CHARS)})`;
}
