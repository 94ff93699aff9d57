import type { Machine } from '@iot/simulation';
import { ClientReader } from './client-reader.js';
import { ClientWriter } from './client-writer.js';
import { OutQueue } from './out-queue.js';
import { SeenMap } from './seen-map.js';
import type { OriginalTicket, WriteOptions } from './ticket.js';
import { encodeAck, encodeLine, KEEPALIVE } from './wire-text.js';

/** The pause between connecting and the hello. */
const HELLO_DELAY_MS = 50;
/** After an outage: the time until it checks the WiFi, plus the time for which the WiFi must be stable. */
const WIFI_MS = 500 + 3_000;

/** Maximum number of unread lines. */
const QUEUE_LINES = 20;

export interface OriginalClientOptions {
  readonly id: string;
  /** Default 2000 ms, as at HEAD. */
  readonly timeoutMs?: number;
  /** Default the timeout, as at HEAD; the versions of early 2019 use 1000 ms for any timeout. */
  readonly resendMs?: number;
  /** Default a quarter of the timeout, as at HEAD; the versions of early 2019 use half of it. */
  readonly keepaliveMs?: number;
  /** Default `2 × timeout + 3500`, as at HEAD; the versions of early 2019 wait `4 × timeout + 500`. */
  readonly reconnectDelayMs?: number;
  /**
   * True: space for one unread line. A line that arrives while it is unread is dropped and not acked, as in
   * the versions of early 2019. Default false.
   */
  readonly oneSlot?: boolean;
}

/**
 * The original client, until its process ends. Ids, record and unread lines survive its links.
 *
 * Call `open` when TCP is connected. When a link has ended, the caller must wait `reconnectDelayMs` before
 * the next.
 */
export class OriginalClient implements Machine {
  /** Called when a `write` has returned. */
  onSettled: ((ticket: OriginalTicket) => void) | undefined;
  readonly id: string;
  readonly timeoutMs: number;
  /** Pause between the end of a link and the next connection. */
  readonly reconnectDelayMs: number;
  readonly #keepaliveMs: number;
  readonly #oneSlot: boolean;
  readonly #out = new OutQueue();
  readonly #writer: ClientWriter;
  readonly #seen = new SeenMap();
  readonly #lines: string[] = [];
  #reader: ClientReader | undefined;
  #failed = false;
  #helloAt = Infinity;
  #keepaliveAt = Infinity;
  #acks: number[] = [];

  constructor(options: OriginalClientOptions) {
    const { id, timeoutMs = 2_000, oneSlot = false } = options;
    this.id = id;
    this.timeoutMs = timeoutMs;
    this.reconnectDelayMs = options.reconnectDelayMs ?? 2 * timeoutMs + WIFI_MS;
    this.#keepaliveMs = options.keepaliveMs ?? timeoutMs / 4;
    this.#oneSlot = oneSlot;
    this.#writer = new ClientWriter({
      resendMs: options.resendMs ?? timeoutMs,
      out: this.#out,
      up: () => this.up,
      onSettled: (ticket) => this.onSettled?.(ticket),
    });
  }

  get linkOpen(): boolean {
    return this.#reader !== undefined && !this.#failed;
  }

  /** The original's `status()`: true once the first line has arrived on this link. */
  get up(): boolean {
    return this.linkOpen && this.#reader?.up === true;
  }

  /** True once invalid input has ended the reader of this link (mistake 6 in docs/PROTOCOL.md). */
  get readerDead(): boolean {
    return this.#reader?.dead === true;
  }

  get unreadLines(): number {
    return this.#lines.length;
  }

  /** The lines that the application has not read. They are lost when this process dies. */
  get heldLines(): string[] {
    return [...this.#lines];
  }

  /**
   * Sends a line. Without `qos` the write settles when the line is passed to the socket, otherwise at the
   * ack. With `wait` also, writes are sent one at a time. Nothing is sent before the server's first line.
   */
  write(line: string, options: WriteOptions, now: number): OriginalTicket {
    return this.#writer.write(line, options, now);
  }

  readline(): string | undefined {
    return this.#lines.shift();
  }

  open(now: number): void {
    this.#failed = false;
    this.#out.clear();
    this.#helloAt = now + HELLO_DELAY_MS;
    this.#keepaliveAt = Infinity;
    this.#reader = new ClientReader(
      {
        timeoutMs: this.timeoutMs,
        onAck: (id) => this.#writer.acked(id),
        hasSpace: () => !this.#oneSlot || this.#lines.length === 0,
        onMessageId: (id) => this.#acks.push(id),
        isNew: (id) => this.#isNew(id),
        enqueue: (line) => this.#enqueue(line),
      },
      now,
    );
  }

  receive(chunk: Uint8Array, now: number): void {
    if (!this.linkOpen || this.#reader === undefined) return;
    const alive = this.#reader.receive(chunk, now);
    // The reader starts a task for every ack, but these tasks do not run while it has lines to read. When the
    // reader ends the link, the first task still finds the socket open.
    const acks = alive ? this.#acks : this.#acks.slice(0, 1);
    this.#acks = [];
    if (!alive) this.#fail();
    for (const id of acks) this.#out.push(encodeAck(id));
    this.#writer.advance(now);
  }

  linkClosed(): void {
    this.#fail();
    this.#reader = undefined;
  }

  takeOutput(now: number): Uint8Array | undefined {
    if (this.#reader === undefined) return undefined;
    const bytes = this.#out.take(now);
    // A keepalive is due some time after the last write of any kind, including the hello.
    if (bytes !== undefined && !this.#failed) this.#keepaliveAt = now + this.#keepaliveMs;
    this.#writer.advance(now);
    return bytes;
  }

  backPressure(on: boolean): void {
    this.#out.backPressure(on);
  }

  nextDeadline(): number {
    const writer = this.#writer.nextDeadline();
    if (!this.linkOpen || this.#reader === undefined) return writer;
    return Math.min(writer, this.#helloAt, this.#keepaliveAt, this.#reader.silentAt);
  }

  tick(now: number): void {
    if (this.linkOpen && this.#reader !== undefined) {
      if (this.#reader.isSilent(now)) this.#fail();
      else this.#sendDue(now);
    }
    this.#writer.advance(now);
  }

  #sendDue(now: number): void {
    if (this.#helloAt <= now) {
      this.#helloAt = Infinity;
      this.#out.push(encodeLine(this.id));
    }
    if (this.#keepaliveAt <= now) {
      // The next keepalive is due some time after this one was sent.
      this.#keepaliveAt = Infinity;
      this.#out.push(KEEPALIVE);
    }
  }

  #isNew(id: number): boolean {
    if (id === 0) this.#seen.clear();
    return this.#seen.add(id);
  }

  #enqueue(line: string): boolean {
    if (this.#lines.length >= QUEUE_LINES) return false;
    this.#lines.push(line);
    return true;
  }

  #fail(): void {
    this.#failed = true;
    this.#helloAt = Infinity;
    this.#keepaliveAt = Infinity;
    this.#out.clear();
    this.#writer.closed();
  }
}
