/** One end of a real TCP connection that writes down what it sees, and can be waited for without polling. */
import { connect, type Socket } from 'node:net';
import { News } from '@iot/vitest-config/news';

export class Peer {
  readonly socket: Socket;
  /** What the socket saw, in order: 'end' is a FIN, an error its code, 'close' the last. */
  readonly saw: string[] = [];
  /** How many bytes each read gave. */
  readonly reads: number[] = [];
  #chunks: Buffer[] = [];
  #bytes = 0;
  readonly #news = new News();

  /** The socket must allow half-open: a peer ends only when a test says so. */
  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.reads.push(chunk.length);
      this.#bytes += chunk.length;
      this.#news.tell();
    });
    socket.on('end', () => {
      this.#see('end');
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.#see(error.code ?? error.message);
    });
    socket.on('close', () => {
      this.#see('close');
    });
  }

  static dial(to: { host: string; port: number }): Peer {
    return new Peer(connect({ ...to, allowHalfOpen: true, noDelay: true }));
  }

  get bytes(): number {
    return this.#bytes;
  }

  get received(): Buffer {
    this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0] ?? Buffer.alloc(0);
  }

  get text(): string {
    return this.received.toString();
  }

  /** Resolves once this number of bytes has come in all. */
  async receives(bytes: number): Promise<void> {
    await this.#news.until(() => this.#bytes >= bytes);
  }

  /** Resolves once the socket has seen that. */
  async sees(what: string): Promise<void> {
    await this.#news.until(() => this.saw.includes(what));
  }

  #see(what: string): void {
    this.saw.push(what);
    this.#news.tell();
  }
}
