/**
 * The board's side of the conversation, without I/O and clock: what comes and the time go in; lines, bytes to send,
 * events and the next deadline come out. It outlives its channels, of which it has at most one at a time.
 *
 * A pump drives it as it drives a session. The owner ends the channel after an event `stopped` or `silent`.
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
  /** The responder has no WiFi, or no server, and does nothing more until it is reset. */
  | { readonly type: 'stopped'; readonly why: 'no-wifi' | 'no-server' }
  /** The responder's keepalives have stopped: it is to be reset. */
  | { readonly type: 'silent' };

export interface BoardSessionSettings {
  /** The configuration's line. */
  readonly config: string;
  /** Longest line, in bytes of UTF-8. */
  readonly maxLineBytes: number;
  /** Unread lines, and bytes of them, from which on the responder is told to hold off. */
  readonly maxUnreadLines: number;
  readonly maxUnreadBytes: number;
}

/** The responder is given up when nothing has come for so long: two of its keepalives. */
export const SILENCE_MS = 4000;
/** A deadline seen so late was not watched: this process was busy, and no exchange took place. */
const BUSY_MS = 100;

export class BoardSession implements Machine<BoardEvent> {
  readonly settings: BoardSessionSettings;
  readonly #lines: Outbox;
  /** What has come on the channel; undefined while there is none. */
  #incoming: TextLines | undefined;
  readonly #unread: { readonly text: string; readonly bytes: number }[] = [];
  #unreadBytes = 0;
  /** When the responder is given up. It is not until its first keepalive: it has none while it looks for its server. */
  #silentAt = Infinity;
  #lookedAt = false;
  #up = false;
  #events: BoardEvent[] = [];
  readonly #counts = { received: 0, duplicatesDropped: 0, outages: 0, protocolErrors: 0 };

  constructor(settings: BoardSessionSettings) {
    this.settings = settings;
    this.#lines = new Outbox(settings.config);
  }

  /** True while there is a channel. */
  get linkOpen(): boolean {
    return this.#incoming !== undefined;
  }

  /** True while the responder has its link to the server. */
  get up(): boolean {
    return this.#up;
  }

  get unread(): number {
    return this.#unread.length;
  }

  /** True while the responder is to send nothing, because the application has not read what came. */
  get hold(): boolean {
    const { maxUnreadLines, maxUnreadBytes } = this.settings;
    return this.#unread.length >= maxUnreadLines || this.#unreadBytes >= maxUnreadBytes;
  }

  get stats(): SessionStats {
    return { ...this.#counts, ...this.#lines.counts, unsafeDropped: 0, protocol: undefined };
  }

  /** A channel is synchronised. */
  open(): void {
    this.#incoming = new TextLines(this.settings.maxLineBytes + 1, 'the responder');
    this.#lines.opened();
  }

  /** The channel is gone, and with it a line of which only a part had come. */
  linkClosed(): void {
    this.#incoming = undefined;
    this.#silentAt = Infinity;
    this.#lines.closed();
    this.#goDown('reset');
  }

  receive(chunk: Uint8Array, now: number): void {
    // What comes shows that the responder is alive: during a long line no keepalive can be sent.
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

  /** The responder has this number of our bytes more. */
  taken(bytes: number): void {
    const ticket = this.#lines.taken(bytes);
    if (ticket !== undefined) this.#events.push({ type: 'settled', ticket });
  }

  /** A deadline has come. */
  tick(now: number): void {
    if (now < this.nextDeadline()) return;
    if (now - this.#silentAt > BUSY_MS) return this.#heard(now);
    // Decided at the second look, when what had come by the first has been read.
    if (!this.#lookedAt) {
      this.#lookedAt = true;
      return;
    }
    this.#silentAt = Infinity;
    this.#events.push({ type: 'silent' });
  }

  /**
   * When `tick` is to be called; Infinity when there is nothing to wait for. A time that has passed means: with one
   * further turn of the event loop.
   */
  nextDeadline(): number {
    // No keepalive can come while it is told to hold off.
    return this.hold ? Infinity : this.#silentAt;
  }

  /** Queues a checked line; the ticket comes back in its `settled` event. */
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

  /** The oldest line that has not been read. */
  read(now: number): string | undefined {
    const held = this.hold;
    const line = this.#unread.shift();
    if (line === undefined) return undefined;
    this.#unreadBytes -= line.bytes;
    if (held && this.#silentAt !== Infinity) this.#heard(now);
    return line.text;
  }

  /** The bytes of the next write to the channel; undefined when there is none now. */
  takeOutput(): Uint8Array | undefined {
    return this.linkOpen ? this.#lines.next() : undefined;
  }

  /** What happened since the last call. */
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
