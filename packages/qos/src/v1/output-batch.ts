/** Collects the frames of version 1 that are written to the transport together. */
import { encodeAck, KEEPALIVE } from '@iot/framing';

/**
 * Largest write to the transport, in bytes; a single longer frame is allowed. A write of whole frames up to this size
 * fits into one TCP segment, and an original server reads segment by segment (PROTOCOL.md, Kindness to an original).
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

  /** Adds a frame. Returns false when it does not fit; the first frame always fits. */
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
