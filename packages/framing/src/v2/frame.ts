/**
 * The frames of version 2 of the protocol. A frame is what one line on the wire means. The words epoch, settled, taken
 * and received are explained at the fields below.
 */
import type { PeerError } from '../errors.js';

/** The text that a client sends on its second line when it can speak version 2. An opening line begins with it too. */
export const OFFER = '-2';

/**
 * The first line that each end sends on a link of version 2: who the sender is, and what it has received of the peer's
 * messages (PROTOCOL-2.md section 2).
 */
export interface Opening {
  /**
   * Identifies one run of the sender's session: 1 to 32 hexadecimal digits, drawn at random. Message numbers count from
   * 1 within an epoch.
   */
  readonly epoch: string;
  /**
   * The sender no longer keeps its messages of this epoch up to this number: they are settled (acked as taken, or given
   * up).
   */
  readonly base: number;
  /** The peer's epoch of which the sender has a record; undefined for none. */
  readonly known: string | undefined;
  /** All messages of `known` up to this number are taken: the peer's writes of them are done. */
  readonly taken: number;
  /** The highest number up to which all messages of `known` have come; at least `taken`. */
  readonly received: number;
  /** How many bytes the sender accepts beyond `received`. Each line costs its length plus `lineCost`. */
  readonly window: number;
  readonly lineCost: number;
  /**
   * The longest line that the sender accepts, in bytes of UTF-8. A longer line costs no more than one of this length.
   */
  readonly longest: number;
  /** Messages of version 1 that the sender has sent in this session and that are not acked. */
  readonly unacked: number;
}

/** The counts in an ack. An end sends them when they change, and in place of keepalives. */
export interface Standing {
  readonly taken: number;
  readonly received: number;
  readonly window: number;
  /** The highest message number that the sender of this ack has sent. */
  readonly sent: number;
}

/** Why an end closes a link on purpose. */
export type EndCode = 'closed' | 'duplicate' | 'refused' | 'protocol' | 'gap' | 'busy';

export const END_CODES: readonly EndCode[] = ['closed', 'duplicate', 'refused', 'protocol', 'gap', 'busy'];

/** The kinds of line on a link of version 2 (PROTOCOL-2.md section 3). */
export type FrameV2 =
  | { readonly type: 'keepalive' }
  | { readonly type: 'opening'; readonly opening: Opening }
  /** `bytes` is the size of the text in UTF-8. */
  | { readonly type: 'message'; readonly n: number; readonly text: string; readonly bytes: number }
  /** A message without a number (`qos: false`): it is neither acked nor repeated. */
  | { readonly type: 'unsafe'; readonly text: string; readonly bytes: number }
  | { readonly type: 'ack'; readonly standing: Standing }
  /** `waitMs`: with the code `busy`, the peer must wait this long before it connects again; otherwise 0. */
  | { readonly type: 'end'; readonly code: EndCode; readonly waitMs: number; readonly text: string }
  /**
   * A line that is none of the above. `n` is the message's number when that could be read: the message can then be
   * acked. `n` is `'unsafe'` for a message without a number.
   */
  | { readonly type: 'malformed'; readonly n: number | 'unsafe' | undefined; readonly error: PeerError };

/** Bytes of a message's frame other than its text: at most 16 digits of the number, a space, a newline. */
export const MESSAGE_V2_OVERHEAD = 18;
