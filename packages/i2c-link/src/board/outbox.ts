/**
 * The board's lines on their way to the responder, in the order in which they were written.
 *
 * Theory of operation: one line at a time is on the channel, whole, and is settled when all its bytes have been taken.
 * When the channel fails before that, the line is sent again whole after the next synchronisation, by which the
 * responder has dropped the part that it had; a line wholly taken is never sent again. What goes out first on each
 * channel is the configuration.
 */
import { encodeUtf8 } from '@iot/framing';
import type { WriteFlags } from '@iot/qos';
import { encodeBoardLine } from '../messages/conversation.js';

interface Line {
  readonly text: string;
  readonly flags: WriteFlags;
  /** It has been on a channel. */
  sent: boolean;
}

/** Lines that wait for space by themselves (`unsent` of an engine). */
type Kind = 'ordered' | 'free' | 'noQos';

export class Outbox {
  readonly #config: Uint8Array;
  /** By ticket; a line stays until it is settled or withdrawn. */
  readonly #lines = new Map<number, Line>();
  readonly #unsent: Record<Kind, number> = { ordered: 0, free: 0, noQos: 0 };
  /** What is on the channel; the configuration has no ticket. */
  #onChannel: { readonly ticket: number | undefined; left: number } | undefined;
  #configDue = false;
  #tickets = 0;
  readonly counts = { sent: 0, retransmitted: 0 };

  /** @param config the configuration's line */
  constructor(config: string) {
    this.#config = encodeUtf8(`${config}\n`);
  }

  add(text: string, flags: WriteFlags): number {
    const ticket = this.#tickets++;
    this.#lines.set(ticket, { text, flags, sent: false });
    this.#unsent[kind(flags)] += 1;
    return ticket;
  }

  /** The writer no longer waits for this line: it is not sent, or not again. */
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

  /** Lines of this kind that are not on the channel. */
  unsent(flags: WriteFlags): number {
    return this.#unsent[kind(flags)];
  }

  /** A channel begins. */
  opened(): void {
    this.#configDue = true;
  }

  /** The channel is gone; a line that was not wholly taken is to be sent again. */
  closed(): void {
    const ticket = this.#onChannel?.ticket;
    const line = ticket === undefined ? undefined : this.#lines.get(ticket);
    if (line !== undefined) this.#unsent[kind(line.flags)] += 1;
    this.#onChannel = undefined;
  }

  /** The bytes to write next; undefined while some are on the channel and when there are none. */
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

  /** The responder has this number of bytes more; returns the ticket of a line that it now has whole. */
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
