/**
 * The board's side of the conversation with the responder, as a state machine without I/O and clock. Received bytes and
 * the time go in. Lines, bytes to send, events and the next deadline come out. The conversation is lines of text
 * (`conversation.ts`), which cross the I2C channel.
 *
 * The session survives its channels: when one has failed, the next one continues with the same queues. A `Pump` drives
 * it, as it drives a session of `@iot/qos`. After an event `stopped` or `silent` the owner must end the channel.
 */
import { encodeUtf8, PeerError } from '@iot/framing';
import type { Machine } from '@iot/connection';
import type { SessionEvent, SessionStats, WriteFlags } from '@iot/qos';
import { Outbox } from './outbox.js';
import { parseResponderMessage, type Report, type ResponderMessage } from '../messages/conversation.js';
import { TextLines } from '../messages/text-lines.js';

export type BoardEvent =
  | SessionEvent
  | { readonly type: 'report'; readonly report: Report }
  /** The responder cannot reach WiFi, or the server, and has stopped until it is reset. */
  | { readonly type: 'stopped'; readonly why: 'no-wifi' | 'no-server' }
  /** The responder sends no keepalives any more and must be reset. */
  | { readonly type: 'silent' };

export interface BoardSessionSettings {
  /** The line of the configuration. */
  readonly config: string;
  /** Longest line, in bytes of UTF-8. */
  readonly maxLineBytes: number;
  /** From this number of unread lines, or unread bytes, on the responder is asked to send nothing (hold-off). */
  readonly maxUnreadLines: number;
  readonly maxUnreadBytes: number;
}

/** The responder is declared silent when nothing has come for this time, which is two of its keepalive intervals. */
export const SILENCE_MS = 4000;
/** If the deadline is noticed later than this, this process was busy and no exchange took place: the wait starts again. */
const BUSY_MS = 100;

export class BoardSession implements Machine<BoardEvent> {
  readonly settings: BoardSessionSettings;
  readonly #lines: Outbox;
  /** Splits the received bytes into lines; undefined while no channel is open. */
  #incoming: TextLines | undefined;
  readonly #unread: { readonly text: string; readonly bytes: number }[] = [];
  #unreadBytes = 0;
  /**
   * When the responder is declared silent. Infinity until its first keepalive, because it sends none before its first
   * connection to the server.
   */
  #silentAt = Infinity;
  #lookedAt = false;
  #up = false;
  #events: BoardEvent[] = [];
  readonly #counts = { received: 0, duplicatesDropped: 0, outages: 0, protocolErrors: 0 };

  constructor(settings: BoardSessionSettings) {
    this.settings = settings;
    this.#lines = new Outbox(settings.config);
  }

  /** True while a channel is open. */
  get linkOpen(): boolean {
    return this.#incoming !== undefined;
  }

  /** True while the responder's link to the server is up. */
  get up(): boolean {
    return this.#up;
  }

  get unread(): number {
    return this.#unread.length;
  }

  /** True while the responder must send nothing, because the application has too much unread. */
  get hold(): boolean {
    const { maxUnreadLines, maxUnreadBytes } = this.settings;
    return this.#unread.length >= maxUnreadLines || this.#unreadBytes >= maxUnreadBytes;
  }

  get stats(): SessionStats {
    return { ...this.#counts, ...this.#lines.counts, unsafeDropped: 0, protocol: undefined };
  }

  /** A channel has been synchronised. */
  open(): void {
    this.#incoming = new TextLines(this.settings.maxLineBytes + 1, 'the responder');
    this.#lines.opened();
  }

  /** The channel has ended. A line of which only a part has been received is dropped. */
  linkClosed(): void {
    this.#incoming = undefined;
    this.#silentAt = Infinity;
    this.#lines.closed();
    this.#goDown('reset');
  }

  receive(chunk: Uint8Array, now: number): void {
    // Any received bytes show that the responder is alive: it cannot send a keepalive in the middle of a long line.
    if (this.#silentAt !== Infinity) this.#heard(now);
    for (const line of this.#incoming?.push(chunk) ?? []) {
      const message = line instanceof PeerError ? line : parseResponderMessage(line);
      if (!(message instanceof PeerError)) this.#handle(message, now);
      else {
        this.#counts.protocolErrors += 1;
        this.#events.push({ type: 'peer-error', error: message });
      }
    }
  }

  /** The responder has received this number of further bytes. */
  taken(bytes: number): void {
    const ticket = this.#lines.taken(bytes);
    if (ticket !== undefined) this.#events.push({ type: 'settled', ticket });
  }

  /** Call it when `nextDeadline` is reached. */
  tick(now: number): void {
    if (now < this.nextDeadline()) return;
    if (now - this.#silentAt > BUSY_MS) return this.#heard(now);
    // Decide only at the second call: bytes that had arrived before the first one have been read by then.
    if (!this.#lookedAt) {
      this.#lookedAt = true;
      return;
    }
    this.#silentAt = Infinity;
    this.#events.push({ type: 'silent' });
  }

  /**
   * When `tick` must be called; Infinity when no time is being waited for. For a time in the past, `tick` must be called
   * after one more turn of the event loop.
   */
  nextDeadline(): number {
    // The responder cannot send a keepalive while it is asked to send nothing.
    return this.hold ? Infinity : this.#silentAt;
  }

  /** Queues a line that has been checked. Returns its ticket, which its event `settled` will carry. */
  write(text: string, flags: WriteFlags): number {
    return this.#lines.add(text, flags);
  }

  withdraw(ticket: number): void {
    this.#lines.withdraw(ticket);
  }

  isUnsent(ticket: number): boolean {
    return this.#lines.isUnsent(ticket);
  }

  unsent(flags: WriteFlags): number {
    return this.#lines.unsent(flags);
  }

  /** Takes the oldest unread line. */
  read(now: number): string | undefined {
    const held = this.hold;
    const line = this.#unread.shift();
    if (line === undefined) return undefined;
    this.#unreadBytes -= line.bytes;
    if (held && this.#silentAt !== Infinity) this.#heard(now);
    return line.text;
  }

  /** The bytes of the next write to the channel; undefined when there is nothing to write now. */
  takeOutput(): Uint8Array | undefined {
    return this.linkOpen ? this.#lines.next() : undefined;
  }

  /** The events that were added since the last call. */
  takeEvents(): readonly BoardEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  #handle(message: ResponderMessage, now: number): void {
    switch (message.type) {
      case 'line':
        return this.#keep(message.text);
      case 'up':
        if (!this.#up) this.#events.push({ type: 'up' });
        this.#up = true;
        return;
      case 'down':
        return this.#goDown('fin');
      case 'keepalive':
        this.#heard(now);
        this.#events.push({ type: 'keepalive' });
        return;
      case 'report':
        this.#events.push(message);
        return;
      case 'no-wifi':
      case 'no-server':
        this.#silentAt = Infinity;
        this.#events.push({ type: 'stopped', why: message.type });
    }
  }

  #keep(text: string): void {
    const bytes = encodeUtf8(text).length;
    this.#counts.received += 1;
    this.#unread.push({ text, bytes });
    this.#unreadBytes += bytes;
  }

  #heard(now: number): void {
    this.#silentAt = now + SILENCE_MS;
    this.#lookedAt = false;
  }

  #goDown(reason: 'fin' | 'reset'): void {
    if (!this.#up) return;
    this.#up = false;
    this.#counts.outages += 1;
    this.#events.push({ type: 'down', reason, wasUp: true });
  }
}
