/**
 * The one family of errors, for every package. The class says whose fault it was, the code says what happened and
 * does not change between releases, the message says what to do.
 */

/** What went wrong, for programs to compare with. */
export type ErrorCode =
  // the caller's
  | 'ERR_BAD_LINE'
  | 'ERR_BAD_ID'
  | 'ERR_BAD_OPTION'
  | 'ERR_UNKNOWN_CLIENT'
  | 'ERR_KEY_FILE'
  // the peer's
  | 'ERR_BAD_FRAME'
  | 'ERR_BAD_UTF8'
  | 'ERR_LINE_TOO_LONG'
  | 'ERR_BAD_HELLO'
  | 'ERR_LINE_ENDS_LINKS'
  | 'ERR_ROUND_TRIP'
  | 'ERR_LINES_MISSED'
  // the network's
  | 'ERR_NETWORK'
  | 'ERR_LISTEN'
  | 'ERR_CONNECT'
  | 'ERR_TLS'
  | 'ERR_NO_FIRST_BYTE'
  | 'ERR_LINK_LOST'
  | 'ERR_REFUSED'
  | 'ERR_DUPLICATE'
  | 'ERR_BUSY'
  // the machine's, or of whoever looks after it
  | 'ERR_STORE_LOCKED'
  | 'ERR_STORE_FENCED'
  | 'ERR_STORE_ACCESS'
  | 'ERR_STORE_VERSION'
  | 'ERR_STORE_DAMAGED'
  | 'ERR_STORE_FAILED'
  // by the limits that the program has set for lines that were never sent
  | 'ERR_EXPIRED'
  | 'ERR_DROPPED'
  | 'ERR_OFFLINE_FULL'
  // no fault
  | 'ERR_CLOSED';

/** Base of all errors that these packages make. */
export class IotError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** The caller asked for something that cannot be; nothing was sent. */
export class UsageError extends IotError {}

/** The other end broke the protocol. */
export class PeerError extends IotError {}

/** The network failed: refused, not found, silent, reset. */
export class LinkError extends IotError {}

/** A store of sessions failed: the fault of the machine, or of whoever looks after it. */
export class StoreError extends IotError {}

/** A line that had never been sent was given up, by the limits that the program has set: it does not arrive. */
export class DroppedError extends IotError {}

/** No fault: this end was closed. */
export class ClosedError extends IotError {
  constructor(
    message = 'the connection was closed here; a line already sent may still have arrived',
    options?: { cause?: unknown },
  ) {
    super('ERR_CLOSED', message, options);
  }
}
