import { encodeAck, KEEPALIVE } from '@iot/framing';

/**
 * The bytes of one write to the transport. It ends at a line's end and holds at most 1,400 bytes, unless a single line
 * is longer: one TCP segment, since an original server reads segment by segment (PROTOCOL.md, Kindness to an original).
 */
const MAX_BYTES = 1400;

export class OutputBatch {
  readonly #frames: Uint8Array[] = [];
  #length = 0;

  addKeepalive(): boolean {
    return this.add(KEEPALIVE);
  }

  addAck(id: number): boolean {
    return this.add(encodeAck(id));
  }

  /** False when the frame does not fit; the first one always does. */
  add(frame: Uint8Array): boolean {
    if (this.#length > 0 && this.#length + frame.length > MAX_BYTES) return false;
    this.#frames.push(frame);
    this.#length += frame.length;
    return true;
  }

  bytes(): Uint8Array | undefined {
    if (this.#frames.length <= 1) return this.#frames[0];
    const bytes = new Uint8Array(this.#length);
    let at = 0;
    for (const frame of this.#frames) {
      bytes.set(frame, at);
      at += frame.length;
    }
    return bytes;
  }
}
