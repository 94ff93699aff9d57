export { Decoder } from './decoder.js';
export { encodeAck, encodeHello, encodeMessage, KEEPALIVE, setMessageId } from './encode.js';
export { ClosedError, IotError, LinkError, PeerError, UsageError, type ErrorCode } from './errors.js';
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
export { decodeUtf8, encodeUtf8 } from './utf8.js';
