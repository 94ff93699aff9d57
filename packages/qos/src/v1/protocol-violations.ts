/** Decides whether a malformed line of version 1 ends the link. */
import type { ErrorCode } from '@iot/framing';

/**
 * Counts how often the peer has broken the protocol in the same way with the same message id. An original repeats a bad
 * line without end. So the third time the line is acked and dropped, and the link goes on (PROTOCOL.md section 6).
 */
export class ProtocolViolations {
  #last: { readonly id: number; readonly code: ErrorCode } | undefined;
  #times = 0;

  /** True when the line must be acked and dropped, false when the link must end. */
  tolerate(id: number | undefined, code: ErrorCode): boolean {
    const again = id !== undefined && this.#last?.id === id && this.#last.code === code;
    this.#times = again ? this.#times + 1 : 1;
    this.#last = id === undefined ? undefined : { id, code };
    return this.#times >= 3;
  }
}
