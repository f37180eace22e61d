import { grpcStatus } from '@evenkeel/xds/codes';

type Screaming<S extends string> = S extends `${infer C}${infer Rest}`
  ? `${C extends Lowercase<C> ? Uppercase<C> : `_${C}`}${Screaming<Rest>}`
  : '';

/** `DEADLINE_EXCEEDED`, as gRPC writes it (grpc/doc/statuscodes.md). */
export type GrpcStatusName = Screaming<keyof typeof grpcStatus>;

/** The status codes of gRPC by number. */
export const grpcStatusNames = Object.keys(grpcStatus).map((key) =>
  key.replace(/[A-Z]/g, '_$&').toUpperCase(),
) as readonly GrpcStatusName[];

/** Name of a status number; a number that gRPC does not know counts as UNKNOWN, as in every gRPC client. */
export function grpcStatusName(code: number): GrpcStatusName {
  return grpcStatusNames[code] ?? 'UNKNOWN';
}

/** Number of a status name. */
export function grpcStatusCode(name: GrpcStatusName): number {
  return grpcStatusNames.indexOf(name);
}
