import type { GrpcStatusName } from '../../base/grpc-status.ts';
import { gatewayStatusOf } from '../grpc-status.ts';
import { StatusError } from '../pod/faults.ts';

/** An upstream gave no usable answer: 503 nobody there, 504 too late, 502 anything else. */
export class UpstreamError extends StatusError {
  readonly upstream: string;

  constructor(upstream: string, status: GrpcStatusName, message: string, cause?: unknown) {
    super(status, message, cause);
    this.upstream = upstream;
  }

  get httpStatus(): 502 | 503 | 504 {
    return gatewayStatusOf(this.status);
  }

  /** The body of a gateway's answer. */
  toJSON(): Record<string, string> {
    return { error: this.message, upstream: this.upstream, grpcStatus: this.status };
  }
}
