import { connect, type IncomingHttpHeaders } from 'node:http2';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  HealthCheckRequestSchema,
  HealthCheckResponse_ServingStatus,
  HealthCheckResponseSchema,
} from '@evenkeel/xds/gen/health/v1/health_pb';

/** An answer of the health service is a few bytes; anything that is much longer is not one. */
const maxAnswerBytes = 4096;

/**
 * One grpc.health.v1 Check on a connection of its own, over HTTP/2 without a gRPC library: the lab asks so often that
 * channels, resolvers and back-off would only be in the way.
 *
 * @returns why it failed, or undefined
 */
export function checkGrpc(
  host: string,
  port: number,
  service: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const session = connect(`http://${host}:${port}`);
    const abort = (): void => session.destroy(new Error('no answer in time'));
    signal.addEventListener('abort', abort, { once: true });
    session.on('error', reject);
    session.on('close', () => {
      signal.removeEventListener('abort', abort);
      reject(new Error('the connection closed before an answer'));
    });

    const stream = session.request({
      ':method': 'POST',
      ':path': '/grpc.health.v1.Health/Check',
      'content-type': 'application/grpc',
      te: 'trailers',
      'user-agent': 'evenkeel-lab-probe',
    });
    let head: IncomingHttpHeaders = {};
    let trailers: IncomingHttpHeaders = {};
    const chunks: Buffer[] = [];
    let bytes = 0;
    stream.on('response', (headers) => {
      head = headers;
    });
    stream.on('trailers', (headers) => {
      trailers = headers;
    });
    stream.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= maxAnswerBytes) chunks.push(chunk);
      else session.destroy(new Error(`the answer is longer than ${maxAnswerBytes} bytes`));
    });
    stream.on('error', reject);
    stream.on('close', () => {
      resolve(verdict({ ...head, ...trailers }, Buffer.concat(chunks)));
      session.destroy();
    });
    stream.end(frame(toBinary(HealthCheckRequestSchema, create(HealthCheckRequestSchema, { service }))));
  });
}

/** A gRPC message: not compressed, length, bytes. */
function frame(message: Uint8Array): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

function verdict(headers: IncomingHttpHeaders, body: Buffer): string | undefined {
  if (headers[':status'] !== undefined && Number(headers[':status']) !== 200)
    return `HTTP status ${headers[':status']}`;
  if (headers['grpc-status'] !== '0')
    return `gRPC status ${headers['grpc-status']} ${headers['grpc-message'] ?? ''}`.trim();
  const { status } = fromBinary(HealthCheckResponseSchema, body.subarray(5));
  if (status === HealthCheckResponse_ServingStatus.SERVING) return undefined;
  return `health status ${HealthCheckResponseSchema.fields[0]?.enum?.value[status]?.name ?? status}`;
}
