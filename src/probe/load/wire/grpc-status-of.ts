import { errorCode } from '@evenkeel/xds/http2';
import { type GrpcStatusName, grpcStatusCode, grpcStatusNames } from '../../../base/grpc-status.ts';

const codeOf = (name: GrpcStatusName): number => grpcStatusCode(name);

/** Statuses that the engine gives itself, by number. */
export const status = {
  ok: codeOf('OK'),
  cancelled: codeOf('CANCELLED'),
  unknown: codeOf('UNKNOWN'),
  deadlineExceeded: codeOf('DEADLINE_EXCEEDED'),
  resourceExhausted: codeOf('RESOURCE_EXHAUSTED'),
  unimplemented: codeOf('UNIMPLEMENTED'),
  internal: codeOf('INTERNAL'),
  unavailable: codeOf('UNAVAILABLE'),
} as const;

/** gRPC, doc/http-grpc-status-mapping.md. */
const ofHttp: Readonly<Record<number, number>> = {
  400: codeOf('INTERNAL'),
  401: codeOf('UNAUTHENTICATED'),
  403: codeOf('PERMISSION_DENIED'),
  404: codeOf('UNIMPLEMENTED'),
  429: codeOf('UNAVAILABLE'),
  502: codeOf('UNAVAILABLE'),
  503: codeOf('UNAVAILABLE'),
  504: codeOf('UNAVAILABLE'),
};

/** The gRPC status of an answer that has none, by its HTTP status. */
export function statusOfHttp(httpStatus: number): number {
  return ofHttp[httpStatus] ?? status.unknown;
}

/** gRPC over HTTP/2, "HTTP2 Transport Mapping, Errors". */
const ofReset: Readonly<Record<number, number>> = {
  [errorCode.refusedStream]: status.unavailable,
  [errorCode.cancel]: status.cancelled,
  [errorCode.enhanceYourCalm]: status.resourceExhausted,
  [errorCode.inadequateSecurity]: codeOf('PERMISSION_DENIED'),
};

/** The gRPC status of a stream that was reset, by the code of its RST_STREAM. */
export function statusOfReset(code: number): number {
  return ofReset[code] ?? status.internal;
}

const resetNames = new Map<number, string>(
  Object.entries(errorCode).map(([name, code]) => [code, name.replace(/[A-Z0-9]+/g, '_$&').toUpperCase()]),
);

/** `REFUSED_STREAM`, or the number where HTTP/2 has no name for it. */
export function nameOfErrorCode(code: number): string {
  return resetNames.get(code) ?? `error ${code}`;
}

/** What `grpc-status` says; undefined where it is no number of gRPC. */
export function parseGrpcStatus(text: string): number | undefined {
  return /^\d{1,2}$/.test(text) && Number(text) < grpcStatusNames.length ? Number(text) : undefined;
}

/** `grpc-message` has what is not printable in percent; what is no such text stays as it is. */
export function decodeGrpcMessage(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Why a connection ends whose server has sent GOAWAY, in a few words. */
export function goAwayReason(code: number, debug: string): string {
  const said = debug === '' ? '' : `: ${JSON.stringify(debug)}`;
  return `the server closed the connection (GOAWAY ${nameOfErrorCode(code)}${said})`;
}
