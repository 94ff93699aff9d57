import type { ErrorCode } from '@iot/framing';

/**
 * Counts how often the peer has broken the protocol in the same way with the same message. An original repeats its bad
 * line indefinitely, and the third time it is acked and dropped so that the link can go on (PROTOCOL.md section 6).
 */
export class ProtocolViolations {
  #last: { readonly id: number; readonly code: ErrorCode } | undefined;
  #times = 0;

  /** True when the line is to be acked and dropped, false when the link must end. */
  tolerate(id: number | undefined, code: ErrorCode): boolean {
    const again = id !== undefined && this.#last?.id === id && this.#last.code === code;
    this.#times = again ? this.#times + 1 : 1;
    this.#last = id === undefined ? undefined : { id, code };
    return this.#times >= 3;
  }
}
