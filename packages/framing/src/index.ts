export { Decoder } from './decoder.js';
export { encodeAck, encodeHello, encodeMessage, KEEPALIVE, setMessageId } from './encode.js';
export {
  ClosedError,
  DroppedError,
  IotError,
  LinkError,
  PeerError,
  StoreError,
  UsageError,
  type ErrorCode,
} from './errors.js';
export { MESSAGE_OVERHEAD, type Frame } from './frame.js';
export { HelloReader, type Hello } from './hello.js';
export {
  checkId,
  checkLine,
  DEFAULT_MAX_ID_BYTES,
  DEFAULT_MAX_LINE_BYTES,
  hasControlCharacter,
} from './line.js';
export { LineSplitter, type RawLine } from './line-splitter.js';
export { decodeUtf8, encodeUtf8, utf8Length } from './utf8.js';
export { DecoderV2, readOpening } from './v2/decoder.js';
export { ackLine, endLine, messageLine, OFFER_LINE, openingLine, unsafeLine } from './v2/encode.js';
export { OFFER, type EndCode, type FrameV2, type Opening, type Standing } from './v2/frame.js';
