/**
 * `ERR_USAGE`: the caller's options are invalid. `ERR_BAD_SCRIPT`: the message names the step and what is
 * wrong with it. `ERR_CLOSED`: the proxy was closed.
 */
export type FaultProxyErrorCode = 'ERR_USAGE' | 'ERR_BAD_SCRIPT' | 'ERR_CLOSED';

/** The error class of this package. Failures of a link are never thrown: see `LinkEnd`. */
export class FaultProxyError extends Error {
  override readonly name = 'FaultProxyError';
  readonly code: FaultProxyErrorCode;

  constructor(code: FaultProxyErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
