/**
 * What is in flight (PROTOCOL.md section 3, The sender): lines whose writers wait for the ack, and bytes that the peer may
 * not have read. A line that is not repeated counts with its bytes until it is acked, or for a timeout after it was sent;
 * without a limit of bytes it does not count.
 */
import type { SentLine } from './sent-line.js';

export interface InFlightLimits {
  readonly timeout: number;
  /** Bytes sent and not yet acked, at most; one longer line goes alone. */
  readonly maxInFlightBytes: number;
}

export class InFlight {
  readonly #limits: InFlightLimits;
  #lines = 0;
  #bytes = 0;
  #ordered: SentLine | undefined;
  /** Lines that are not repeated, by id. */
  readonly #unrepeated = new Map<number, SentLine>();

  constructor(limits: InFlightLimits) {
    this.#limits = limits;
  }

  get lines(): number {
    return this.#lines;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** A line is in flight before whose ack no other ordered one is sent. */
  get hasOrdered(): boolean {
    return this.#ordered !== undefined;
  }

  /** Whether this number of bytes more is within the limit. */
  fits(bytes: number): boolean {
    return this.#bytes === 0 || this.#bytes + bytes <= this.#limits.maxInFlightBytes;
  }

  /** The writer of this line waits for its ack. */
  enter(sent: SentLine): void {
    this.#lines += 1;
    if (sent.line.lane === 'ordered') this.#ordered = sent;
  }

  leave(sent: SentLine): void {
    this.#lines -= 1;
    if (this.#ordered === sent) this.#ordered = undefined;
  }

  /** This line is repeated until acked: its bytes count until `remove`. */
  add({ frame }: SentLine): void {
    this.#bytes += frame.length;
  }

  remove({ frame }: SentLine): void {
    this.#bytes -= frame.length;
  }

  /** A line that is not repeated goes out. */
  addUnrepeated(sent: SentLine): void {
    if (this.#limits.maxInFlightBytes === Infinity) return;
    // Its id may have come round before the ack of the line that had it last.
    this.acked(sent.id);
    this.#unrepeated.set(sent.id, sent);
    this.add(sent);
  }

  /** The ack of this id came: of a line that is not repeated. */
  acked(id: number): void {
    const sent = this.#unrepeated.get(id);
    if (sent !== undefined) this.#giveUp(sent);
  }

  linkEnded(): void {
    for (const sent of this.#unrepeated.values()) this.#giveUp(sent);
  }

  /** When the first line that is not repeated no longer counts; Infinity when there is none. */
  get givenUpAt(): number {
    const [first] = this.#unrepeated.values();
    return first === undefined ? Infinity : this.#givenUpAt(first);
  }

  giveUpDue(now: number): void {
    for (const sent of this.#unrepeated.values()) {
      if (this.#givenUpAt(sent) > now) return;
      this.#giveUp(sent);
    }
  }

  #givenUpAt({ copies }: SentLine): number {
    return (copies?.lastAt ?? -Infinity) + this.#limits.timeout;
  }

  #giveUp(sent: SentLine): void {
    this.#unrepeated.delete(sent.id);
    this.remove(sent);
  }
}
