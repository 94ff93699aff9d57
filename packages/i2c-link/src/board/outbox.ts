/**
 * The queue of the board's lines to the responder, in the order in which they were written.
 *
 * Theory of operation: on each channel the configuration goes out first, and then one line at a time. A line is settled
 * when the responder has received all its bytes. A settled line is never sent again. If the channel fails before a line
 * is settled, the whole line is sent again on the next channel. The responder has then dropped the part that it had.
 */
import { encodeUtf8 } from '@iot/framing';
import type { WriteFlags } from '@iot/qos';
import { encodeBoardLine } from '../messages/conversation.js';

interface Line {
  readonly text: string;
  readonly flags: WriteFlags;
  /** True once the line has been written to a channel. */
  sent: boolean;
}

/** The kinds of lines that are counted separately, because each kind has its own limit of unsent lines. */
type Kind = 'ordered' | 'free' | 'noQos';

export class Outbox {
  readonly #config: Uint8Array;
  /** By ticket, the number that `add` returns. A line stays here until it is settled or withdrawn. */
  readonly #lines = new Map<number, Line>();
  readonly #unsent: Record<Kind, number> = { ordered: 0, free: 0, noQos: 0 };
  /** The line on the channel, with the number of its bytes not yet received. The configuration has no ticket. */
  #onChannel: { readonly ticket: number | undefined; left: number } | undefined;
  #configDue = false;
  #tickets = 0;
  readonly counts = { sent: 0, retransmitted: 0 };

  /** @param config the line of the configuration */
  constructor(config: string) {
    this.#config = encodeUtf8(`${config}\n`);
  }

  add(text: string, flags: WriteFlags): number {
    const ticket = this.#tickets++;
    this.#lines.set(ticket, { text, flags, sent: false });
    this.#unsent[kind(flags)] += 1;
    return ticket;
  }

  /** The writer no longer waits for this line: it is not sent, or not sent again. */
  withdraw(ticket: number): void {
    const line = this.#lines.get(ticket);
    if (line === undefined) return;
    if (this.#onChannel?.ticket !== ticket) this.#unsent[kind(line.flags)] -= 1;
    this.#lines.delete(ticket);
  }

  /** True for a line that has never been on a channel. */
  isUnsent(ticket: number): boolean {
    return this.#lines.get(ticket)?.sent === false;
  }

  /** The number of lines of this kind that are not on the channel. */
  unsent(flags: WriteFlags): number {
    return this.#unsent[kind(flags)];
  }

  /** A channel has been opened. */
  opened(): void {
    this.#configDue = true;
  }

  /** The channel has ended. A line that the responder has not received completely will be sent again. */
  closed(): void {
    const ticket = this.#onChannel?.ticket;
    const line = ticket === undefined ? undefined : this.#lines.get(ticket);
    if (line !== undefined) this.#unsent[kind(line.flags)] += 1;
    this.#onChannel = undefined;
  }

  /** The bytes to write next; undefined while a line is on the channel, and when the queue is empty. */
  next(): Uint8Array | undefined {
    if (this.#onChannel !== undefined) return undefined;
    if (this.#configDue) {
      this.#configDue = false;
      return this.#put(undefined, this.#config);
    }
    for (const [ticket, line] of this.#lines) {
      this.#unsent[kind(line.flags)] -= 1;
      this.counts[line.sent ? 'retransmitted' : 'sent'] += 1;
      line.sent = true;
      return this.#put(ticket, encodeUtf8(`${encodeBoardLine(line.text, line.flags)}\n`));
    }
    return undefined;
  }

  /** The responder has received `bytes` further bytes. Returns the ticket of the line that these bytes complete. */
  taken(bytes: number): number | undefined {
    const current = this.#onChannel;
    if (current === undefined) return undefined;
    current.left -= bytes;
    if (current.left > 0) return undefined;
    this.#onChannel = undefined;
    if (current.ticket !== undefined) this.#lines.delete(current.ticket);
    return current.ticket;
  }

  #put(ticket: number | undefined, bytes: Uint8Array): Uint8Array {
    this.#onChannel = { ticket, left: bytes.length };
    return bytes;
  }
}

function kind({ qos, wait }: WriteFlags): Kind {
  if (qos === false) return 'noQos';
  return wait === false ? 'free' : 'ordered';
}
