/** `ERR_USAGE`: the caller's options cannot work. `ERR_CLOSED`: the proxy was closed. */
export type FaultProxyErrorCode = 'ERR_USAGE' | 'ERR_CLOSED';

/** What this package throws or rejects with. What goes wrong on a link is never thrown: see `LinkEnd`. */
export class FaultProxyError extends Error {
  override readonly name = 'FaultProxyError';
  readonly code: FaultProxyErrorCode;

  constructor(code: FaultProxyErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
