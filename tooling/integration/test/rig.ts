/** A server, a fault proxy before it, and a client: real sockets on the loopback address. */
import { connect, type Client, type ConnectOptions } from '@iot/client';
import { startFaultProxy, type FaultProxy } from '@iot/fault-proxy';
import { listen, type Connection, type ListenOptions, type Server } from '@iot/server';
import { afterEach, beforeEach, vi } from 'vitest';

const HOST = '127.0.0.1';
/** Short, so that silence is noticed soon. */
const TIMEOUT = 200;

export class Rig implements AsyncDisposable {
  readonly server: Server;
  readonly proxy: FaultProxy;
  readonly client: Client;
  /** The server's end. */
  readonly connection: Connection;

  private constructor(server: Server, proxy: FaultProxy, client: Client, connection: Connection) {
    this.server = server;
    this.proxy = proxy;
    this.client = client;
    this.connection = connection;
  }

  /**
   * With the link up. Over the proxy bytes take one turn of the event loop more: a test that allows no outage dials the
   * server itself (`direct`), or a process that was suspended for a timeout finds its peer silent.
   */
  static async start(
    options: { server?: ListenOptions; client?: Partial<ConnectOptions>; direct?: boolean } = {},
  ): Promise<Rig> {
    const server = await serve(options.server);
    const proxy = await startFaultProxy({ to: { host: HOST, port: server.address.port } });
    const client = dial(options.direct === true ? server.address.port : proxy.port, options.client);
    const [connection] = await Promise.all([server.client('board'), client.ready()]);
    return new Rig(server, proxy, client, connection);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.close();
    await this.proxy.close();
    await this.server.close();
  }
}

export function serve(options: ListenOptions = {}): Promise<Server> {
  return listen({ port: 0, host: HOST, timeout: TIMEOUT, ...options });
}

export function dial(port: number, options: Partial<ConnectOptions> = {}): Client {
  return connect({ id: 'board', host: HOST, port, timeout: TIMEOUT, ...options });
}

/** In the tests of this file clients come back at once, however short their links: the jitter is always nothing. */
export function withoutBackoff(): void {
  beforeEach(() => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });
}

/** One turn of the event loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
