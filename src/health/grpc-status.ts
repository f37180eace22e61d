import { grpcStatusNames } from '../base/grpc-status.ts';

/** The name of a `grpc-status` header's value; what is no known code is given back with its header's name. */
export function statusName(header: string | undefined): string {
  const name = /^\d{1,2}$/.test(header ?? '') ? grpcStatusNames[Number(header)] : undefined;
  return name ?? `grpc-status ${header ?? 'missing'}`;
}
