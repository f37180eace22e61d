import { messageOf } from '../errors.ts';
import { type GrpcStatusCode, grpcStatus } from './codes.ts';

export { type GrpcStatusCode, grpcStatus };

/** Ends a call with a status; anything else that a handler throws becomes INTERNAL without its message. */
export class GrpcError extends Error {
  override readonly name = 'GrpcError';
  /** What the client sees. */
  readonly code: GrpcStatusCode;

  constructor(code: GrpcStatusCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** What a handler threw, as it goes to the client: of what was not meant for it only that something failed. */
export function asGrpcError(thrown: unknown, path: string): GrpcError {
  if (thrown instanceof GrpcError) return thrown;
  process.emitWarning(`${path}: ${messageOf(thrown)}`, 'EvenkeelWarning');
  return new GrpcError(grpcStatus.internal, 'internal error');
}

/** Bytes of a `grpc-message`: what a client sent stands in it, and must not come back as more than it was. */
export const maxMessageBytes = 256;

/**
 * `grpc-message` in a trailer: UTF-8, everything but printable ASCII and `%` escaped (gRPC over HTTP2, Status-Message). What
 * is longer than 256 bytes then ends in `...`.
 */
export function encodeGrpcMessage(message: string): string {
  let text = '';
  for (const character of message.slice(0, maxMessageBytes + 1)) {
    const more = escaped(character);
    if (text.length + more.length > maxMessageBytes)
      return `${text.slice(0, maxMessageBytes - 3).replace(/%.?$/, '')}...`;
    text += more;
  }
  return text;
}

function escaped(character: string): string {
  if (character >= ' ' && character <= '~' && character !== '%') return character;
  return Buffer.from(character).toString('hex').toUpperCase().replace(/../g, '%$&');
}

/** The reverse; what is not a valid escape stays as it is, as the specification asks. */
export function decodeGrpcMessage(text: string): string {
  const bytes: number[] = [];
  for (let at = 0; at < text.length; at++) {
    const hex = text[at] === '%' ? /^[0-9a-fA-F]{2}/.exec(text.slice(at + 1, at + 3))?.[0] : undefined;
    if (hex === undefined) bytes.push(...Buffer.from(text[at]!));
    else {
      bytes.push(Number.parseInt(hex, 16));
      at += 2;
    }
  }
  return Buffer.from(bytes).toString('utf8');
}
