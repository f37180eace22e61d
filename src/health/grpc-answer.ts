import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  HealthCheckRequestSchema,
  HealthCheckResponse_ServingStatus,
  HealthCheckResponse_ServingStatusSchema,
  HealthCheckResponseSchema,
} from '@evenkeel/xds/gen/health/v1/health_pb';
import { statusName } from './grpc-status.ts';
import type { ProbeResult } from './probe.ts';

/** A gRPC message on the wire: one byte for compression, four for the length, then the message. */
const prefixLength = 5;

/** The framed request of grpc.health.v1.Health/Check. */
export function frameRequest(grpcService: string): Buffer {
  const message = toBinary(HealthCheckRequestSchema, create(HealthCheckRequestSchema, { service: grpcService }));
  const frame = Buffer.alloc(prefixLength + message.length);
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, prefixLength);
  return frame;
}

/** What came back for one call, before anything is made of it. */
export interface RawAnswer {
  readonly httpStatus: number | undefined;
  /** `grpc-status`, from the trailers or, where there is nothing else, from the headers. */
  readonly grpcStatus: string | undefined;
  readonly grpcMessage: string | undefined;
  readonly body: Buffer;
}

/**
 * What an answer says of the server's health.
 *
 * UNIMPLEMENTED counts as healthy: the server has no health service, and clients treat it alike (gRFC A17). A server
 * that has one but does not know the name is unhealthy: the name or the pod is wrong.
 */
export function judge(grpcService: string, { httpStatus, grpcStatus, grpcMessage, body }: RawAnswer): ProbeResult {
  const unknownService = `its health service does not know "${grpcService}"`;
  if (httpStatus !== 200) return { ok: false, reason: `not a gRPC server: HTTP status ${httpStatus ?? 'missing'}` };
  const status = statusName(grpcStatus);
  if (status === 'UNIMPLEMENTED') return { ok: true, reason: 'no health service (UNIMPLEMENTED)' };
  if (status === 'NOT_FOUND') return { ok: false, reason: `${unknownService} (NOT_FOUND)` };
  if (status !== 'OK') {
    return { ok: false, reason: grpcMessage ? `${status}: ${unescaped(grpcMessage).slice(0, 200)}` : status };
  }
  const serving = servingStatus(body);
  if (serving === undefined) return { ok: false, reason: 'the answer is not a HealthCheckResponse' };
  if (serving === HealthCheckResponse_ServingStatus.SERVING) return { ok: true, reason: 'SERVING' };
  if (serving === HealthCheckResponse_ServingStatus.SERVICE_UNKNOWN) {
    return { ok: false, reason: `${unknownService} (SERVICE_UNKNOWN)` };
  }
  const name = HealthCheckResponse_ServingStatusSchema.value[serving]?.name;
  return { ok: false, reason: name ?? `serving status ${serving}` };
}

function servingStatus(body: Buffer): HealthCheckResponse_ServingStatus | undefined {
  if (body.length < prefixLength || body[0] !== 0 || body.readUInt32BE(1) !== body.length - prefixLength) {
    return undefined;
  }
  try {
    return fromBinary(HealthCheckResponseSchema, body.subarray(prefixLength)).status;
  } catch {
    return undefined;
  }
}

/** grpc-message is percent-encoded (gRPC over HTTP/2, "Responses"); what is not well-formed is shown as it came. */
function unescaped(message: string): string {
  try {
    return decodeURIComponent(message);
  } catch {
    return message;
  }
}
