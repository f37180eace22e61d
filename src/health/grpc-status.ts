/** Names of the gRPC status codes by number; spelt out here, since loading a gRPC library for them takes a while. */
const names = [
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
];

/** The name of a `grpc-status` header's value; what is no known code is given back with its header's name. */
export function statusName(header: string | undefined): string {
  const name = /^\d{1,2}$/.test(header ?? '') ? names[Number(header)] : undefined;
  return name ?? `grpc-status ${header ?? 'missing'}`;
}
