/** The application's say in who may connect: what it is asked, and what its answer means. */

import type { TlsProof } from './tls/proof.js';
import { whyOf } from './why.js';

/** Who wants to connect, for `authorize`. */
export interface AuthorizeRequest {
  /** What the client says in its hello. Over TLS the default rule has compared it with what is proven. */
  readonly id: string;
  /** Address of the other end, for people. */
  readonly address: string | undefined;
  /** What the client has proven; undefined when it came to the port without TLS. */
  readonly tls: TlsProof | undefined;
  /** Aborted when the answer is not needed any more: the client has gone, or the time for its hello is over. */
  readonly signal: AbortSignal;
}

/** True lets the client in. False refuses it, and so does a text, which says why in the event `refused` and the log. */
export type Verdict = boolean | string;

export type Authorize = (request: AuthorizeRequest) => Verdict | Promise<Verdict>;

/** Why the client is not let in; undefined when it is. Never rejects: a failure refuses. */
export async function objection(
  authorize: Authorize,
  request: AuthorizeRequest,
): Promise<string | undefined> {
  try {
    const verdict: unknown = await authorize(request);
    if (verdict === true) return undefined;
    return typeof verdict === 'string' && verdict !== '' ? verdict : 'authorize did not return true';
  } catch (error) {
    return `authorize failed: ${whyOf(error)}`;
  }
}
