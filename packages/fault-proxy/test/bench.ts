/** A server, a proxy before it, and pairs of peers: each pair is one link, seen from its two far ends. */
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { startFaultProxy, type FaultProxy, type FaultProxyOptions, type Link } from '../src/index.js';
import { Peer } from './peer.js';

export interface Pair {
  readonly client: Peer;
  readonly server: Peer;
  readonly link: Link;
}

export class Bench implements AsyncDisposable {
  readonly proxy: FaultProxy;
  /** Connections that the server has taken. */
  accepted = 0;
  readonly #server: Server;
  readonly #sockets: Socket[] = [];

  private constructor(proxy: FaultProxy, server: Server) {
    this.proxy = proxy;
    this.#server = server;
    server.on('connection', (socket) => {
      this.accepted += 1;
      this.#sockets.push(socket);
      socket.on('error', () => undefined); // a peer, where there is one, writes it down
    });
  }

  static async start(listen: FaultProxyOptions['listen'] = {}): Promise<Bench> {
    const server = createServer({ allowHalfOpen: true, noDelay: true }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    return new Bench(await startFaultProxy({ to: { host: '127.0.0.1', port }, listen }), server);
  }

  /** A client that has dialled the proxy, or another before it. */
  dial(at: { host: string; port: number } = this.proxy): Peer {
    const peer = Peer.dial(at);
    this.#sockets.push(peer.socket);
    return peer;
  }

  /** A new link, connected from end to end. One at a time: the order of accepts shows which is which. */
  async pair(at?: { host: string; port: number }): Promise<Pair> {
    const accepted = once(this.#server, 'connection') as Promise<[Socket]>;
    const next = this.proxy.nextLink();
    const client = this.dial(at);
    const [[socket], link] = await Promise.all([accepted, next]);
    return { client, server: new Peer(socket), link };
  }

  /** A new link, and another to be its witness. */
  async pairs(): Promise<Pair & { readonly other: Pair }> {
    return { ...(await this.pair()), other: await this.pair() };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.proxy.close();
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

/**
 * The ordering witness: bytes that go to and fro on another link, through the same proxy and the same event
 * loop. What another link was given before and would have passed, has passed when this resolves.
 */
export async function witness({ client, server }: Pair, rounds = 5): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    const [atServer, atClient] = [server.bytes + 1, client.bytes + 1];
    client.socket.write('?');
    await server.receives(atServer);
    server.socket.write('!');
    await client.receives(atClient);
  }
}

/** Waits until a count has not changed for many round trips of the witness: whatever fills up is full. */
export async function settled(count: () => number, pair: Pair): Promise<number> {
  for (;;) {
    const before = count();
    await witness(pair, 20);
    if (count() === before) return before;
  }
}

/** Bytes that differ all along, so that a lost, doubled or misplaced chunk shows. */
export function pattern(bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  for (let at = 0; at + 4 <= bytes; at += 4) buffer.writeUInt32LE(at, at);
  return buffer;
}
