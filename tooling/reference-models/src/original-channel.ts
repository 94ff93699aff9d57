import { BUFFER_BYTES, type ChannelStep } from './channel-step.js';
import { decodeText } from './wire-text.js';

type Steps<T> = Generator<ChannelStep, T, Uint8Array | undefined>;

export interface ReadLine {
  readonly text: string;
  /** It begins with a part of another line, which came before the channel began again. */
  readonly glued: boolean;
}

/**
 * What the originals' two units have in common: one payload to send, one that came and has not been read, and the
 * hold-off that says so. The reader above it keeps bytes that are not a whole line yet, whatever happens to the channel.
 */
export abstract class OriginalChannel {
  protected outgoing: Uint8Array | undefined;
  /** The other unit has space. */
  protected canSend = true;
  #unread: Uint8Array | undefined;
  #partial = '';
  /** What came last before the channel began again was no whole line. */
  #gluing = false;

  /** The payload is being sent, or waits for space in the other unit. */
  get sending(): boolean {
    return this.outgoing !== undefined;
  }

  /** Reads what came: the whole lines, without their newlines. */
  protected readLines(): ReadLine[] {
    if (this.#unread === undefined) return [];
    const text = decodeText(this.#unread);
    // Each payload by itself: a character that is cut in two is the end of it.
    if (text === undefined) throw new Error('an original cannot decode what came: its reader dies');
    this.#unread = undefined;
    const lines = (this.#partial + text).split('\n');
    this.#partial = lines.pop()!;
    return lines.map((line) => {
      const glued = this.#gluing;
      this.#gluing = false;
      return { text: line, glued };
    });
  }

  /** The channel begins again; the reader above it does not. Returns what came and was not read, which is gone. */
  protected clear(): string {
    const unread = decodeText(this.#unread ?? new Uint8Array(0)) ?? '';
    this.outgoing = undefined;
    this.#unread = undefined;
    this.#gluing = this.#partial !== '';
    return unread;
  }

  /** The size of the payload that goes now, none while the other unit has no space, and the own hold-off. */
  protected size(length: number): Uint8Array {
    return new Uint8Array([length & 0xff, (length >> 8) | (this.#unread === undefined ? 0 : 0x80)]);
  }

  /** The length that a size says. */
  protected understand(size: Uint8Array | undefined): number {
    const [low = 0, high = 0] = size ?? [];
    const length = low | ((high & 0x7f) << 8);
    if (length > BUFFER_BYTES) throw new Error(`an original has no space for ${length} bytes: it dies`);
    this.canSend = (high & 0x80) === 0;
    return length;
  }

  /** An original does not look whether it has read the last payload: the other unit's hold-off is all there is. */
  protected keep(payload: Uint8Array | undefined): void {
    if (this.#unread !== undefined) throw new Error('a payload came to an original that had said hold-off');
    this.#unread = payload;
  }

  abstract run(): Steps<void>;
}
