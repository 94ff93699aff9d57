import { BUFFER_BYTES, type ChannelStep } from './channel-step.js';
import { decodeText } from './wire-text.js';

type Steps<T> = Generator<ChannelStep, T, Uint8Array | undefined>;

export interface ReadLine {
  readonly text: string;
  /** True if the line begins with part of another line, which was received before the channel restarted. */
  readonly glued: boolean;
}

/**
 * The common part of the originals' two units: one payload to send, one received payload that has not been
 * read, and the hold-off that announces this to the other unit. The reader above the channel keeps the bytes
 * of an incomplete line, even when the channel restarts.
 */
export abstract class OriginalChannel {
  protected outgoing: Uint8Array | undefined;
  /** True if the other unit has space. */
  protected canSend = true;
  #unread: Uint8Array | undefined;
  #partial = '';
  /** True if the last bytes before a restart of the channel were an incomplete line. */
  #gluing = false;

  /** True while the payload is being sent, or waits for space in the other unit. */
  get sending(): boolean {
    return this.outgoing !== undefined;
  }

  /** Reads the received payload: the complete lines, without their newlines. */
  protected readLines(): ReadLine[] {
    if (this.#unread === undefined) return [];
    const text = decodeText(this.#unread);
    // Each payload is decoded separately. If a character is split between two payloads, decoding fails and
    // the original's reader dies.
    if (text === undefined) throw new Error('an original cannot decode the payload: its reader dies');
    this.#unread = undefined;
    const lines = (this.#partial + text).split('\n');
    this.#partial = lines.pop()!;
    return lines.map((line) => {
      const glued = this.#gluing;
      this.#gluing = false;
      return { text: line, glued };
    });
  }

  /**
   * Restarts the channel, but not the reader above it. Returns the received text that was not read and is now
   * lost.
   */
  protected clear(): string {
    const unread = decodeText(this.#unread ?? new Uint8Array(0)) ?? '';
    this.outgoing = undefined;
    this.#unread = undefined;
    this.#gluing = this.#partial !== '';
    return unread;
  }

  /** Encodes the size of the next payload (0 while the other unit has no space) and this unit's hold-off. */
  protected size(length: number): Uint8Array {
    return new Uint8Array([length & 0xff, (length >> 8) | (this.#unread === undefined ? 0 : 0x80)]);
  }

  /** Decodes a size. Returns the length of the payload. */
  protected understand(size: Uint8Array | undefined): number {
    const [low = 0, high = 0] = size ?? [];
    const length = low | ((high & 0x7f) << 8);
    if (length > BUFFER_BYTES) throw new Error(`an original has no space for ${length} bytes: it dies`);
    this.canSend = (high & 0x80) === 0;
    return length;
  }

  /**
   * Stores a received payload. An original does not check whether the last payload was read. It relies on the
   * other unit to respect the hold-off.
   */
  protected keep(payload: Uint8Array | undefined): void {
    if (this.#unread !== undefined) throw new Error('a payload came to an original that had said hold-off');
    this.#unread = payload;
  }

  abstract run(): Steps<void>;
}
