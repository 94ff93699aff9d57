/**
 * The frames of version 1 of the protocol, and the constants of their bytes. A frame is what one line on the wire
 * means.
 */
import type { PeerError } from './errors.js';

/** The kinds of line on a link of version 1 (PROTOCOL.md section 1). */
export type Frame =
  | { readonly type: 'keepalive' }
  /** The message with this id arrived. */
  | { readonly type: 'ack'; readonly id: number }
  /** `bytes` is the size of the text in UTF-8. */
  | { readonly type: 'message'; readonly id: number; readonly text: string; readonly bytes: number }
  /**
   * A line that only an end that can speak version 2 sends: a client's offer (`opening` is false) or a server's opening
   * line (PROTOCOL-2.md section 1).
   */
  | { readonly type: 'version-2'; readonly opening: boolean }
  /**
   * A line that is none of the above (PROTOCOL.md section 6). `id` is set when the message id could be read: the line
   * can then be acked.
   */
  | { readonly type: 'malformed'; readonly id: number | undefined; readonly error: PeerError };

/** The byte that ends every line. */
export const NEWLINE = 0x0a;

/** Bytes of a message's frame other than its text: two for the id, one for the newline. */
export const MESSAGE_OVERHEAD = 3;
