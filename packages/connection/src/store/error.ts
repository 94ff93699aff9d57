/**
 * `ERR_STORE_LOCKED`: another process has it. `ERR_STORE_VERSION`: a newer version of the software has written it.
 * `ERR_STORE_DAMAGED`: what is there is not what was written. `ERR_STORE_ACCESS`: the system does not let it be read or
 * written. `ERR_STORE_FAILED`: reading or writing failed for another reason, which is the `cause`.
 */
export type StoreErrorCode =
  'ERR_STORE_LOCKED' | 'ERR_STORE_VERSION' | 'ERR_STORE_DAMAGED' | 'ERR_STORE_ACCESS' | 'ERR_STORE_FAILED';

/** A store of sessions failed: the machine's fault, or of whoever looks after it. The message says what to do. */
export class StoreError extends Error {
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'StoreError';
    this.code = code;
  }
}
