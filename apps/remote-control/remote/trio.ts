/** The server, rx and tx as processes of this machine, with their links up. */
import type { Child } from './child.js';
import type { Family } from './family.js';

const LOOPBACK = '127.0.0.1';

export interface Trio {
  readonly server: Child;
  readonly rx: Child;
  readonly tx: Child;
  /** Of the server. */
  readonly port: number;
}

export interface TrioOptions {
  /** Another one is taken when it is not free; 0 is any. */
  readonly port: number;
  readonly timeout: number;
  /** Options for each of the programs. */
  readonly args?: { readonly all?: readonly string[]; readonly tx?: readonly string[] };
}

/** Resolves once rx shows the state of tx. */
export async function startTrio(
  family: Family,
  { port: wanted, timeout, args = {} }: TrioOptions,
): Promise<Trio> {
  const common = ['--timeout', String(timeout), ...(args.all ?? [])];
  const server = family.start({
    name: 'server',
    program: 'server.js',
    args: ['--host', LOOPBACK, '--port', String(wanted), '--any-port', ...common],
  });
  const { port } = await family.within('the server', server.next('listening', family.over));
  const there = ['--host', LOOPBACK, '--port', String(port), ...common];
  const rx = family.start({ name: 'rx', program: 'rx.js', args: there });
  const shown = rx.next('led', family.over);
  const tx = family.start({ name: 'tx', program: 'tx.js', args: [...there, ...(args.tx ?? [])] });
  await family.within('the first state', shown);
  return { server, rx, tx, port };
}
