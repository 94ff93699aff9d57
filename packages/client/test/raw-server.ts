import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A link as a server without our code sees it: bytes in, bytes out. */
export class RawLink {
  heard = '';
  closed = false;
  onHeard: () => void = () => undefined;
  readonly #socket: Socket;
  readonly #waiting = new Set<() => void>();

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk) => {
      this.heard += chunk.toString();
      this.onHeard();
      this.#look();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.closed = true;
      this.#look();
    });
  }

  says(text: string): void {
    this.#socket.write(text);
  }

  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  hears(text: string): Promise<void> {
    return this.#until(() => this.heard.includes(text));
  }

  gone(): Promise<void> {
    return this.#until(() => this.closed);
  }

  #until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!condition()) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }

  #look(): void {
    for (const look of [...this.#waiting]) look();
  }
}

/** A server that accepts and does with each link what it is told: by default it answers, so that the link is up. */
export class RawServer implements AsyncDisposable {
  readonly port: number;
  readonly links: RawLink[] = [];
  onLink: (link: RawLink) => void = (link) => {
    link.says('\n');
  };
  readonly #server: Server;
  readonly #waiting: ((link: RawLink) => void)[] = [];

  private constructor(server: Server) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (socket) => {
      const link = new RawLink(socket);
      this.links.push(link);
      this.onLink(link);
      this.#waiting.shift()?.(link);
    });
  }

  static async start({ host, port } = { host: '127.0.0.1', port: 0 }): Promise<RawServer> {
    const server = createServer().listen(port, host);
    await once(server, 'listening');
    return new RawServer(server);
  }

  /** The next link that is accepted after this call. */
  next(): Promise<RawLink> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const link of this.links) link.destroy();
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, 'close');
  }
}
