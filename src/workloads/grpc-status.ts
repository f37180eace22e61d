import type { GrpcStatusName } from '../base/grpc-status.ts';

const httpStatuses: Readonly<Partial<Record<GrpcStatusName, number>>> = {
  OK: 200,
  CANCELLED: 499,
  INVALID_ARGUMENT: 400,
  DEADLINE_EXCEEDED: 504,
  NOT_FOUND: 404,
  ALREADY_EXISTS: 409,
  PERMISSION_DENIED: 403,
  RESOURCE_EXHAUSTED: 429,
  FAILED_PRECONDITION: 400,
  ABORTED: 409,
  OUT_OF_RANGE: 400,
  UNIMPLEMENTED: 501,
  UNAVAILABLE: 503,
  UNAUTHENTICATED: 401,
};

/** The HTTP status that says the same (google/rpc/code.proto gives the mapping). */
export function httpStatusOf(name: GrpcStatusName): number {
  return httpStatuses[name] ?? 500;
}

/**
 * What a gateway answers when its upstream ends a call with this status: 503 nobody there, 504 too late, 502 for any
 * other answer that is no answer.
 */
export function gatewayStatusOf(name: GrpcStatusName): 502 | 503 | 504 {
  if (name === 'UNAVAILABLE') return 503;
  return name === 'DEADLINE_EXCEEDED' ? 504 : 502;
}
