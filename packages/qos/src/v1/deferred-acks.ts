/**
 * Acks that go out late: of lines whose sender may hang without them. An original server waits for the acks of its lines
 * without qos too, and never repeats these (PROTOCOL.md section 3, Queue full).
 *
 * Two kinds of lines are here. One was refused because the inbox was full: a qos sender repeats it, and one that is not
 * repeated was not qos. The other was received on an earlier link and read only after that had ended: a qos sender
 * repeats it on this one. So both are given the time for a repeat. All belong to one link.
 *
 * That time runs only while no message comes at all. A sender that is still sending may have the repeat in its queue
 * after other lines, for as long as a slow link takes; one that hangs sends keepalives and nothing else. (An original
 * server whose other tasks go on writing without waiting is not helped.) And time alone proves nothing: the sender may
 * be as busy as this end was. So it ends with a keepalive, which a sender puts after its repeats, and what is read late
 * does not count, as for the proof of an ack (dedup-window.ts).
 */
import type { Receipt } from './dedup-window.js';

/** A line to ack late, with its receipt; a refused one has none. */
export type DeferredAck = readonly [id: number, receipt: Receipt | undefined];

const NONE: readonly DeferredAck[] = [];

export class DeferredAcks {
  readonly #quietMs: number;
  readonly #lines = new Map<number, Receipt | undefined>();
  #quietSince = 0;

  constructor(timeoutMs: number) {
    this.#quietMs = Math.max(3 * timeoutMs, 3000);
  }

  add(id: number, receipt?: Receipt): void {
    this.#lines.set(id, receipt);
  }

  /** A link has begun, a message came, or a part of one. */
  heard(now: number): void {
    this.#quietSince = now;
  }

  /** The line came again. */
  repeated(id: number): void {
    this.#lines.delete(id);
  }

  linkEnded(): void {
    this.#lines.clear();
  }

  /**
   * A keepalive came: takes out the lines whose ack is due.
   *
   * @param onTimeSince since when what comes has been read in time
   */
  takeDue(now: number, onTimeSince: number): readonly DeferredAck[] {
    const due = Math.max(this.#quietSince, onTimeSince) + this.#quietMs;
    if (this.#lines.size === 0 || now < due) return NONE;
    const lines = [...this.#lines];
    this.#lines.clear();
    return lines;
  }
}
