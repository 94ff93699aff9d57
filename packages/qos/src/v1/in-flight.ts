/**
 * Counts what is in flight in version 1 (PROTOCOL.md section 3, The sender): the lines whose writers wait for the ack,
 * and the bytes that the peer may not have read yet.
 *
 * A line that is not repeated (`qos: false`) does not count as a line. Its bytes count until it is acked, or until a
 * timeout after it was sent; without a limit of bytes they do not count.
 */
import type { SentLine } from './sent-line.js';

export interface InFlightLimits {
  readonly timeout: number;
  /** Largest number of bytes sent and not yet acked. A line that is longer is sent alone. */
  readonly maxInFlightBytes: number;
}

export class InFlight {
  readonly #limits: InFlightLimits;
  #lines = 0;
  #bytes = 0;
  #ordered: SentLine | undefined;
  /** Lines that are not repeated and whose bytes count, by id. */
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

  /** True while an `ordered` line is in flight: no other ordered line is sent before its ack. */
  get hasOrdered(): boolean {
    return this.#ordered !== undefined;
  }

  /** Whether this number of bytes may be added within the limit. */
  fits(bytes: number): boolean {
    return this.#bytes === 0 || this.#bytes + bytes <= this.#limits.maxInFlightBytes;
  }

  /** A line goes in flight whose writer waits for its ack. */
  enter(sent: SentLine): void {
    this.#lines += 1;
    if (sent.line.lane === 'ordered') this.#ordered = sent;
  }

  leave(sent: SentLine): void {
    this.#lines -= 1;
    if (this.#ordered === sent) this.#ordered = undefined;
  }

  /** The bytes of this line count until `remove`. */
  add({ frame }: SentLine): void {
    this.#bytes += frame.length;
  }

  remove({ frame }: SentLine): void {
    this.#bytes -= frame.length;
  }

  /** A line that is not repeated is sent. */
  addUnrepeated(sent: SentLine): void {
    if (this.#limits.maxInFlightBytes === Infinity) return;
    // An earlier line with the same id may still count.
    this.acked(sent.id);
    this.#unrepeated.set(sent.id, sent);
    this.add(sent);
  }

  /** The ack of this id has come. If it was a line that is not repeated, its bytes no longer count. */
  acked(id: number): void {
    const sent = this.#unrepeated.get(id);
    if (sent !== undefined) this.#giveUp(sent);
  }

  linkEnded(): void {
    for (const sent of this.#unrepeated.values()) this.#giveUp(sent);
  }

  /**
   * When the bytes of the first line that is not repeated cease to count; Infinity when there is no line of this kind.
   */
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
