/**
 * Lines refused because the inbox was full. A qos sender repeats such a line; one that is not repeated was not qos, and
 * its ack goes out late: an original server waits for that too, and would hang for ever without it (PROTOCOL.md
 * section 3, Queue full). Refusals belong to one link.
 *
 * The patience runs only while no message comes at all. A sender that is still sending may have the repeat in a queue
 * behind what it sends, for as long as a slow link takes; one that hangs sends keepalives and nothing else.
 */
export class Refusals {
  readonly #patienceMs: number;
  readonly #ids = new Set<number>();
  #quietSince = 0;

  constructor(timeoutMs: number) {
    this.#patienceMs = Math.max(3 * timeoutMs, 3000);
  }

  refuse(id: number): void {
    this.#ids.add(id);
  }

  /** A message came, or a part of one. */
  messageHeard(now: number): void {
    this.#quietSince = now;
  }

  /** The line has been received after all. */
  received(id: number): void {
    this.#ids.delete(id);
  }

  linkEnded(): void {
    this.#ids.clear();
  }

  /** When the late acks are due. */
  next(): number {
    return this.#ids.size === 0 ? Infinity : this.#quietSince + this.#patienceMs;
  }

  /** Takes out the ids whose late ack is due. */
  takeDue(now: number): number[] {
    if (this.next() > now) return [];
    const due = [...this.#ids];
    this.#ids.clear();
    return due;
  }
}
