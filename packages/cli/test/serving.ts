/** `iot serve` in a test: on free ports of the loopback address, with a steady link. */
import { LOOPBACK, Program, type ProgramOptions } from '@iot/app-kit/testing';

export interface Serving {
  readonly program: Program;
  readonly port: number;
  /** Of the admin interface. */
  readonly url: string;
}

/** Resolves once it listens and its admin interface is open. */
export async function serve(more: readonly string[] = [], options: ProgramOptions = {}): Promise<Serving> {
  const program = new Program('iot', ['serve', ...LOOPBACK, '--admin-port', '0', ...more], options);
  const [, url] = await program.said(/"url":"(http:[^"]+)"/);
  const [, port] = await program.said(/"message":"listening[^"]*","port":(\d+)/);
  return { program, port: Number(port), url: url! };
}
