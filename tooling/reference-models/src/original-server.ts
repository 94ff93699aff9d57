import type { Machine } from '@iot/simulation';
import { OutQueue } from './out-queue.js';
import { SeenMap } from './seen-map.js';
import { ServerReader } from './server-reader.js';
import { ServerWriter } from './server-writer.js';
import type { OriginalTicket, WriteOptions } from './ticket.js';
import { decodeText, encodeAck, idOf, KEEPALIVE } from './wire-text.js';

/** No messages are sent for this time after the client's first data that follows the hello. */
const SETTLE_MS = 200;
/** Polling interval of its reader. It notices the end of a link with up to this delay. */
const READ_POLL_MS = 50;

export interface OriginalServerOptions {
  /** Default 2000 ms, as at HEAD. */
  readonly timeoutMs?: number;
  /** Random numbers from 0 up to 1, for the phase of its polls and the delay of its acks. */
  readonly random: () => number;
}

/**
 * One client id at the original server, until the server's process ends.
 *
 * Call `open` when the hello has been read. Bytes that were read together with the hello must be passed to
 * `afterHello` before `open`, and not to `receive`, because an original handles them differently. The caller
 * must refuse a new connection with the same id while `linkOpen` is true.
 */
export class OriginalServer implements Machine {
  /** Called when a `write` has returned. */
  onSettled: ((ticket: OriginalTicket) => void) | undefined;
  readonly timeoutMs: number;
  readonly #random: () => number;
  readonly #out = new OutQueue();
  readonly #reader: ServerReader;
  readonly #writer: ServerWriter;
  readonly #seen = new SeenMap();
  readonly #lines: string[] = [];
  #acks: { readonly id: number; readonly at: number }[] = [];
  #open = false;
  #links = 0;
  #keepaliveAt = Infinity;
  /**
   * A keepalive failed on a dead socket (mistake 12 in docs/PROTOCOL.md). The next keepalive waits, like a message, until messages
   * may be sent.
   */
  #keepaliveFailed = false;
  #keepaliveFailures = 0;
  #awaitsFirstData = false;
  #paused = true;
  #unpauseAt = Infinity;

  constructor({ timeoutMs = 2_000, random }: OriginalServerOptions) {
    this.timeoutMs = timeoutMs;
    this.#random = random;
    this.#reader = new ServerReader({
      timeoutMs,
      random,
      onRead: (now) => this.#heard(now),
      onAcks: (ids) => this.#writer.acked(ids),
      onMessage: (id, line, now) => {
        this.#lines.push(line);
        this.#acks.push({ id, at: now + 2 + Math.floor(this.#random() * 4) });
      },
    });
    this.#writer = new ServerWriter({
      timeoutMs,
      out: this.#out,
      linkOpen: () => this.#open,
      paused: () => this.#paused,
      onSettled: (ticket) => this.onSettled?.(ticket),
    });
  }

  get linkOpen(): boolean {
    return this.#open;
  }

  /** True once invalid input has ended its reader permanently (mistake 6 in docs/PROTOCOL.md). */
  get readerDead(): boolean {
    return this.#reader.dead;
  }

  /** Number of keepalives that failed on a dead socket (mistake 12 in docs/PROTOCOL.md). */
  get keepaliveFailures(): number {
    return this.#keepaliveFailures;
  }

  /** Lines received and acked that the application has not read, duplicates included. */
  get unreadLines(): number {
    return this.#lines.length;
  }

  /** These lines, which are lost when this process dies. */
  get heldLines(): string[] {
    return this.#lines.map((line) => line.slice(2));
  }

  /**
   * Sends a line. Without `qos` the write settles when the line is passed to the socket. With `qos` and
   * `wait` the line waits until no id is waiting for an ack. As in the original, an empty line hangs and an
   * inner newline corrupts the stream.
   */
  write(line: string, options: WriteOptions, now: number): OriginalTicket {
    return this.#writer.write(line, options, now);
  }

  /**
   * The next line that is not a duplicate. Duplicates are detected only here, when the application reads
   * (bugs 1, 3, 9).
   */
  readline(): string | undefined {
    for (let line = this.#lines.shift(); line !== undefined; line = this.#lines.shift()) {
      const id = idOf(line);
      if (id === 0) this.#seen.clear();
      if (id !== undefined && this.#seen.add(id)) return line.slice(2);
    }
    return undefined;
  }

  /**
   * Bytes that were read together with the hello. On the first link they are kept as the start of a line, on
   * later links they are lost.
   */
  afterHello(bytes: Uint8Array): void {
    if (this.#links === 0) this.#reader.keep(decodeText(bytes) ?? '');
  }

  open(now: number): void {
    if (this.#open) throw new Error('an original server has one link an id: turn the newcomer away');
    this.#open = true;
    this.#paused = true;
    this.#awaitsFirstData = true;
    this.#reader.open(now);
    this.#writer.opened(now);
    this.#startKeepalive(now);
    this.#links += 1;
    this.tick(now);
  }

  receive(chunk: Uint8Array, now: number): void {
    if (this.#open) this.#reader.arrived(chunk, now);
  }

  linkClosed(now: number, how: 'fin' | 'reset'): void {
    if (!this.#open) return;
    this.#reader.closed(now);
    const noticedAt = now + Math.floor(this.#random() * (READ_POLL_MS + 1));
    // The first send after a FIN succeeds. One after a reset fails.
    if (how === 'reset' && this.#keepaliveAt <= noticedAt) this.#failKeepalive();
    this.#close(now);
  }

  takeOutput(now: number): Uint8Array | undefined {
    return this.#open ? this.#out.take(now) : undefined;
  }

  backPressure(on: boolean): void {
    this.#out.backPressure(on);
  }

  nextDeadline(): number {
    const writer = this.#writer.nextDeadline();
    const unpause = this.#unpauseAt;
    if (!this.#open) return Math.min(writer, unpause);
    const ack = this.#acks[0]?.at ?? Infinity;
    return Math.min(writer, unpause, ack, this.#keepaliveAt, this.#reader.nextDeadline());
  }

  tick(now: number): void {
    if (this.#unpauseAt <= now) {
      this.#unpauseAt = Infinity;
      this.#paused = false;
    }
    if (this.#open && !this.#reader.tick(now)) this.#close(now);
    if (this.#open && this.#keepaliveAt <= now) this.#keepaliveDue(now);
    if (this.#open) this.#sendAcks(now);
    this.#writer.tick(now);
  }

  #heard(now: number): void {
    if (!this.#awaitsFirstData) return;
    this.#awaitsFirstData = false;
    // The pause of an earlier link may still run. It then ends the pause of this link too early, as in the
    // original.
    this.#unpauseAt = Math.min(this.#unpauseAt, now + SETTLE_MS);
  }

  /**
   * Starts keepalives at once on the first link. Later its task checks every tenth of the timeout whether the
   * link is up again.
   */
  #startKeepalive(now: number): void {
    if (this.#links === 0) this.#keepaliveAt = now;
    else if (this.#keepaliveAt < now) {
      const everyMs = this.timeoutMs / 10;
      this.#keepaliveAt += Math.ceil((now - this.#keepaliveAt) / everyMs) * everyMs;
    }
  }

  #keepaliveDue(now: number): void {
    if (this.#keepaliveFailed && this.#paused) {
      this.#keepaliveAt = now + this.timeoutMs / 10;
      return;
    }
    this.#keepaliveAt = Infinity;
    this.#out.push(KEEPALIVE, (sentAt) => {
      this.#keepaliveFailed = false;
      this.#keepaliveAt = sentAt + this.timeoutMs / 4;
    });
  }

  #failKeepalive(): void {
    this.#keepaliveFailed = true;
    this.#keepaliveFailures += 1;
  }

  #sendAcks(now: number): void {
    // Later reads may draw shorter delays, but a task never overtakes an earlier task.
    while (this.#acks[0] !== undefined && this.#acks[0].at <= now) {
      this.#out.push(encodeAck(this.#acks[0].id));
      this.#acks.shift();
    }
  }

  #close(now: number): void {
    this.#open = false;
    this.#acks = [];
    this.#out.clear();
    if (this.#keepaliveAt === Infinity) {
      // The keepalive was waiting for the socket.
      this.#failKeepalive();
      this.#keepaliveAt = now;
    }
    this.#writer.closed(now);
  }
}
