/** The hook `authorize`, by which the application decides which clients may connect. */

import type { TlsProof } from './tls/proof.js';
import { whyOf } from './why.js';

/** The argument of `authorize`: the client that wants to connect. */
export interface AuthorizeRequest {
  /**
   * The id in the client's hello: the first line that it sends. Over TLS, the id was already compared with the client's
   * certificate or key, unless `tls.idOf` is false.
   */
  readonly id: string;
  /** Address of the client, for logs and messages. */
  readonly address: string | undefined;
  /** The client's certificate, or the identity of its key. Undefined on the port without TLS. */
  readonly tls: TlsProof | undefined;
  /** Aborted when the answer is not needed any more: the client has disconnected, or `timeout` is over. */
  readonly signal: AbortSignal;
}

/** True admits the client. False or a text refuses it. The text appears as the reason in the event `refused` and in the log. */
export type Verdict = boolean | string;

export type Authorize = (request: AuthorizeRequest) => Verdict | Promise<Verdict>;

/** Calls `authorize`. Returns why the client is refused, or undefined if it is admitted. If `authorize` fails, it is refused. */
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
