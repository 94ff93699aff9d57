import { decodeText, idOf, joinBytes, NEWLINE } from './wire-text.js';

/** Polling interval of the socket. */
const POLL_MS = 50;
/** Maximum number of bytes read from the socket in one poll. */
const RECV_BYTES = 4_096;

export interface ServerReaderOptions {
  readonly timeoutMs: number;
  readonly random: () => number;
  /** Called when any bytes were read from the socket. */
  readonly onRead: (now: number) => void;
  readonly onAcks: (ids: readonly number[]) => void;
  /**
   * Called with a message that still contains the two digits of its id, because the original checks for
   * duplicates only when the application reads.
   */
  readonly onMessage: (id: number, line: string, now: number) => void;
}

/**
 * The original server's reader, one for each client id.
 *
 * It polls its socket every 50 ms, and reads all bytes that have arrived as one piece. Three of its mistakes
 * are modelled here. Newlines at the front of a piece are stripped, although they may end the line that began
 * in the previous piece (mistake 7 in docs/PROTOCOL.md). The incomplete last line of a dead link is kept, and joined to the first
 * line of the next link (mistake 7 in docs/PROTOCOL.md). Invalid input ends the reader permanently, while the rest of the server
 * continues (mistake 6 in docs/PROTOCOL.md).
 */
export class ServerReader {
  readonly #options: ServerReaderOptions;
  #socket: Uint8Array = new Uint8Array(0);
  #partial = '';
  #dead = false;
  #readAt = Infinity;
  #silentAt = Infinity;
  #suspectedAt = -Infinity;

  constructor(options: ServerReaderOptions) {
    this.#options = options;
  }

  /**
   * True once invalid input has ended the reader. It reads nothing more on any link, and does not detect
   * silence.
   */
  get dead(): boolean {
    return this.#dead;
  }

  /** Keeps the bytes after the hello of the first link as the beginning of a line. */
  keep(text: string): void {
    this.#partial = text;
  }

  open(now: number): void {
    this.#socket = new Uint8Array(0);
    this.#readAt = Infinity;
    this.#heardAt(now);
  }

  arrived(chunk: Uint8Array, now: number): void {
    if (this.#dead) return;
    this.#socket = joinBytes(this.#socket, chunk);
    if (this.#readAt === Infinity) this.#readAt = now + this.#untilPoll();
  }

  /** Call when the link has ended. Bytes in the socket are still read. */
  closed(now: number): void {
    this.#read(now);
    this.#readAt = Infinity;
    this.#silentAt = Infinity;
  }

  nextDeadline(): number {
    if (this.#dead) return Infinity;
    // Arrived bytes are read before the check for silence.
    return this.#readAt < Infinity ? this.#readAt : this.#silentAt;
  }

  /**
   * Returns false if the peer has been silent for too long. An original reads the socket before it decides.
   * So this takes two ticks, the second one turn of the event loop after the first.
   */
  tick(now: number): boolean {
    if (this.#dead) return true;
    if (this.#readAt <= now) this.#read(now);
    if (now < this.#silentAt || this.#readAt < Infinity) return true;
    const isSure = this.#suspectedAt === this.#silentAt;
    this.#suspectedAt = this.#silentAt;
    return !isSure;
  }

  #untilPoll(): number {
    return Math.floor(this.#options.random() * (POLL_MS + 1));
  }

  #heardAt(now: number): void {
    this.#silentAt = now + this.#options.timeoutMs + this.#untilPoll();
  }

  #read(now: number): void {
    this.#readAt = Infinity;
    while (this.#socket.length > 0 && !this.#dead) {
      const piece = this.#socket.subarray(0, RECV_BYTES);
      this.#socket = this.#socket.subarray(piece.length);
      this.#heardAt(now);
      this.#options.onRead(now);
      this.#digest(piece, now);
    }
  }

  #digest(piece: Uint8Array, now: number): void {
    const start = piece.findIndex((byte) => byte !== NEWLINE);
    if (start < 0) return;
    const text = decodeText(piece.subarray(start));
    if (text === undefined) return this.#die();
    const lines = (this.#partial + text).split('\n');
    this.#partial = lines.pop() ?? '';
    this.#sort(
      lines.filter((line) => line !== ''),
      now,
    );
  }

  #sort(lines: readonly string[], now: number): void {
    const acks: number[] = [];
    for (const line of lines.filter(({ length }) => length === 2)) {
      const id = idOf(line);
      if (id === undefined) return this.#die();
      acks.push(id);
    }
    this.#options.onAcks(acks);
    for (const line of lines.filter(({ length }) => length !== 2)) {
      const id = line.length < 2 ? undefined : idOf(line);
      if (id === undefined) return this.#die();
      this.#options.onMessage(id, line, now);
    }
  }

  #die(): void {
    this.#dead = true;
    this.#socket = new Uint8Array(0);
  }
}
