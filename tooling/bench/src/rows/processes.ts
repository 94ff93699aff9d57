/** The processes of one measurement. They end together, and if one fails the others are ended. */
import { ProcessGroup } from '@iot/app-kit';
import { guardPort, type GuardedPort } from '@iot/vitest-config/guard-port';
import { Remote, type Handlers, type Workers } from '../workers/remote.js';
import type { ServerCalls, ServerRole } from '../workers/server.js';
import type { Bench } from './row.js';

const PROGRAMS = {
  server: new URL('../workers/server.ts', import.meta.url),
  load: new URL('../workers/load.ts', import.meta.url),
  outage: new URL('../workers/outage.ts', import.meta.url),
  links: new URL('../workers/links.ts', import.meta.url),
  fleet: new URL('../workers/fleet.ts', import.meta.url),
  busy: new URL('../workers/busy.ts', import.meta.url),
};

type Served<R> = R extends unknown ? Omit<R, 'endpoint'> : never;

export class Processes implements AsyncDisposable {
  readonly #workers: Workers;
  readonly #port: GuardedPort;

  private constructor(workers: Workers, port: GuardedPort) {
    this.#workers = workers;
    this.#port = port;
  }

  static async create({ stop, say }: Bench): Promise<Processes> {
    return new Processes(new ProcessGroup(stop, say), await guardPort());
  }

  /** The endpoint for the next server. Each server gets a new port. */
  get endpoint(): { readonly host: string; readonly port: number } {
    const { host, port } = this.#port;
    return { host, port };
  }

  /** Starts a server; resolves once it accepts connections. */
  async serve(served: Served<ServerRole>): Promise<Remote<ServerCalls>> {
    const server = this.start<ServerCalls>('server', { ...served, endpoint: this.endpoint });
    await server.call('serve', undefined);
    return server;
  }

  start<H extends Handlers<H>>(program: keyof typeof PROGRAMS, role: object): Remote<H> {
    return new Remote<H>(this.#workers, PROGRAMS[program], program, role);
  }

  pause(ms: number): Promise<void> {
    return this.#workers.pause(ms);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#workers[Symbol.asyncDispose]();
    this.#port.release();
  }
}
