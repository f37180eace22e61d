/**
 * `@evenkeel/xds/http2`: frames (RFC 9113) and headers (RFC 7541) as bytes, for whoever writes a client or a server of his
 * own. No socket, and no state of a connection.
 *
 * @packageDocumentation
 */
export { ConnectionError, type Fault, type FaultReason, StreamError } from './fault.ts';
export { FrameReader, type FrameSink } from './frame-reader.ts';
export {
  dataFrameHeader,
  goAwayFrame,
  headerFrames,
  headersFrame,
  pingFrame,
  rstStreamFrame,
  settingsAckFrame,
  settingsFrame,
  windowUpdateFrame,
  writeFrameHeader,
} from './frame-writer.ts';
export { HeaderBlock, type HeaderBlockLimits } from './header-block.ts';
export { type HeaderField, HpackDecoder } from './hpack-decoder.ts';
export { encodeHeaders } from './hpack-encoder.ts';
export {
  protocolError,
  requireConnection,
  requireLength,
  requireStream,
  withoutPadding,
  withoutPriority,
  wrongLength,
} from './payload.ts';
export { PeerSettings } from './peer-settings.ts';
export {
  clientPreface,
  defaultMaxFrameSize,
  defaultWindowSize,
  type ErrorCode,
  errorCode,
  frameFlag,
  frameHeaderLength,
  frameType,
  largestMaxFrameSize,
  largestStreamId,
  largestWindowSize,
  settingId,
} from './protocol.ts';
