import type { PeerError } from './errors.js';

/** What a line on the wire can be (PROTOCOL.md section 1). */
export type Frame =
  | { readonly type: 'keepalive' }
  /** The message with this id arrived. */
  | { readonly type: 'ack'; readonly id: number }
  /** `bytes` is the size of the text in UTF-8. */
  | { readonly type: 'message'; readonly id: number; readonly text: string; readonly bytes: number }
  /** What an end says that can speak version 2: a client's offer, or a server's opening line (PROTOCOL-2.md section 1). */
  | { readonly type: 'version-2'; readonly opening: boolean }
  /** A line that is none of these (section 6); `id` where one could be read, so that it can be acked. */
  | { readonly type: 'malformed'; readonly id: number | undefined; readonly error: PeerError };

/** The byte that ends every line. */
export const NEWLINE = 0x0a;

/** Bytes that a message's frame has besides its text: two of id, one newline. */
export const MESSAGE_OVERHEAD = 3;
