/** The status codes of gRPC by number (grpc/doc/statuscodes.md); kept apart so that naming one loads no gRPC. */
export const grpcStatusNames = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
] as const;

export type GrpcStatusName = (typeof grpcStatusNames)[number];

/** Name of a status number; a number that gRPC does not know counts as UNKNOWN, as in every gRPC client. */
export function grpcStatusName(code: number): GrpcStatusName {
  return grpcStatusNames[code] ?? 'UNKNOWN';
}

/** Number of a status name. */
export function grpcStatusCode(name: GrpcStatusName): number {
  return grpcStatusNames.indexOf(name);
}
