/**
 * Late acks of version 1: acks of lines that were not acked when they came, sent so that the sender does not hang. An
 * original server waits for the acks of its `qos: false` lines too, but does not repeat these lines (PROTOCOL.md
 * section 3, Queue full).
 *
 * Two kinds of lines are acked late. The first was refused because the inbox was full. The second was accepted on an
 * earlier link, and read only after that link had ended. In both cases a qos sender repeats the line on the current
 * link, and the repeat gets an ordinary ack. A line that is not repeated was not qos. So a late ack is sent only when
 * there was time for a repeat.
 *
 * That time runs only while no message comes. A sender on a slow link may have the repeat in its queue after other
 * lines; a sender that hangs sends keepalives only. (An original server that hangs in one task while others keep
 * writing is not helped.) Time alone proves nothing, because the sender may be busy. So a late ack is sent only when a
 * keepalive comes, because a sender sends its repeats before its keepalives. What is read late does not count, as for
 * the proof of an ack (`dedup-window.ts`).
 */
import type { Receipt } from './dedup-window.js';

/** A line to ack late. A line that was refused has no receipt. */
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

  /** A link has begun, or a message or a part of one has come. */
  heard(now: number): void {
    this.#quietSince = now;
  }

  /** The line has come again: it is acked as a repeat. */
  repeated(id: number): void {
    this.#lines.delete(id);
  }

  linkEnded(): void {
    this.#lines.clear();
  }

  /**
   * A keepalive has come. Removes and returns the lines whose late ack is due.
   *
   * @param onTimeSince the time since which everything has been read without delay
   */
  takeDue(now: number, onTimeSince: number): readonly DeferredAck[] {
    const due = Math.max(this.#quietSince, onTimeSince) + this.#quietMs;
    if (this.#lines.size === 0 || now < due) return NONE;
    const lines = [...this.#lines];
    this.#lines.clear();
    return lines;
  }
}
