import type { PeerError } from '../errors.js';

/** What a client sends after its id when it can speak version 2. An opening line begins with it too. */
export const OFFER = '-2';

/** The opening line of a link of version 2: who its sender is, what it has settled, and what it has of the peer. */
export interface Opening {
  /** One run of the sender's session: 1 to 32 hexadecimal digits. */
  readonly epoch: string;
  /** All of this epoch's messages up to this one are settled at the sender. */
  readonly base: number;
  /** The peer's epoch that the sender has a record of; undefined for none. */
  readonly known: string | undefined;
  /** Of `known`: all messages up to this one are taken, and have come. */
  readonly taken: number;
  readonly received: number;
  /** How much more the sender takes beyond `received`, in bytes: each line costs its length and `lineCost`. */
  readonly window: number;
  readonly lineCost: number;
  /** The longest line that the sender takes, in bytes of UTF-8: a longer one costs no more than this. */
  readonly longest: number;
  /** Messages of version 1 that the sender has sent in this session and that are not acked. */
  readonly unacked: number;
}

/** The sender's counts: sent when they change, and in place of a keepalive. */
export interface Standing {
  readonly taken: number;
  readonly received: number;
  readonly window: number;
  /** The highest message that this end has sent. */
  readonly sent: number;
}

/** Why an end closes a link on purpose. */
export type EndCode = 'closed' | 'duplicate' | 'refused' | 'protocol' | 'gap' | 'busy';

export const END_CODES: readonly EndCode[] = ['closed', 'duplicate', 'refused', 'protocol', 'gap', 'busy'];

/** What a line on a link of version 2 can be. */
export type FrameV2 =
  | { readonly type: 'keepalive' }
  | { readonly type: 'opening'; readonly opening: Opening }
  /** `bytes` is the size of the text in UTF-8. */
  | { readonly type: 'message'; readonly n: number; readonly text: string; readonly bytes: number }
  /** Without a number: neither acked nor repeated. */
  | { readonly type: 'unsafe'; readonly text: string; readonly bytes: number }
  | { readonly type: 'ack'; readonly standing: Standing }
  /** `waitMs`: the peer is to come back no sooner (`busy`). */
  | { readonly type: 'end'; readonly code: EndCode; readonly waitMs: number; readonly text: string }
  /**
   * A line that is none of these. `n` is the number where it is a message whose number could be read, so that it can be acked;
   * `unsafe` where it is a message without one.
   */
  | { readonly type: 'malformed'; readonly n: number | 'unsafe' | undefined; readonly error: PeerError };

/** Bytes that a message's frame has besides its text: at most 16 of number, a space, a newline. */
export const MESSAGE_V2_OVERHEAD = 18;
