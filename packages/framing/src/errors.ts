/**
 * The error classes of all packages. The class says whose fault the error is. `code` says what happened and does not
 * change between releases. The message says what to do.
 */

/** The codes, for programs to compare with; grouped by whose fault the error is. */
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
  // the machine's, or its administrator's
  | 'ERR_STORE_LOCKED'
  | 'ERR_STORE_FENCED'
  | 'ERR_STORE_ACCESS'
  | 'ERR_STORE_VERSION'
  | 'ERR_STORE_DAMAGED'
  | 'ERR_STORE_FAILED'
  // lines given up before they were sent, by limits that the program has set
  | 'ERR_EXPIRED'
  | 'ERR_DROPPED'
  | 'ERR_OFFLINE_FULL'
  // not a fault
  | 'ERR_CLOSED';

/** Base class of all errors of these packages. */
export class IotError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** The caller passed something invalid. Nothing was sent. */
export class UsageError extends IotError {}

/** The other end broke the protocol. */
export class PeerError extends IotError {}

/** The network failed: a connection was refused, an address not found, a link silent or reset. */
export class LinkError extends IotError {}

/** A store of sessions failed: the fault of the machine or of its administrator. */
export class StoreError extends IotError {}

/** A line was given up before it was sent, by limits that the program has set. It does not arrive. */
export class DroppedError extends IotError {}

/** This end was closed. Not a fault. */
export class ClosedError extends IotError {
  constructor(
    message = 'the connection was closed here; a line already sent may still have arrived',
    options?: { cause?: unknown },
  ) {
    super('ERR_CLOSED', message, options);
  }
}
