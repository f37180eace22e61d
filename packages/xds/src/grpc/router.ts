import { type CallHandler, responseHeaders, ServerCall } from './call.ts';
import { asGrpcError, encodeGrpcMessage, type GrpcStatusCode, grpcStatus } from './status.ts';
import type { GrpcConnection, GrpcStream } from './transport.ts';

/** Begins a call and says what to do with it; a GrpcError that it throws refuses the call. */
export type MethodHandler = (call: ServerCall) => CallHandler;

/** Bounds of a {@link GrpcRouter}. */
export interface GrpcRouterOptions {
  /** Bytes of one message; default 4 MiB. */
  readonly maxMessageBytes?: number | undefined;
}

const maxTimerMs = 2 ** 31 - 1;
const timeoutUnitsMs: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 1e-3, n: 1e-6 };

/** gRPC methods by path, served on the streams of any transport. */
export class GrpcRouter {
  readonly #methods = new Map<string, MethodHandler>();
  readonly #services = new Set<string>();
  readonly #maxMessageBytes: number;
  readonly #open = new Set<ServerCall>();
  /** One for all calls. */
  readonly #released = (call: ServerCall): void => void this.#open.delete(call);

  constructor({ maxMessageBytes = 4 * 1024 * 1024 }: GrpcRouterOptions = {}) {
    this.#maxMessageBytes = maxMessageBytes;
  }

  /** Serves `/package.Service/Method`. */
  add(path: string, handler: MethodHandler): void {
    this.#methods.set(path, handler);
    this.#services.add(serviceOf(path));
  }

  /** Whether the path belongs to a service that has a method here. */
  serves(path: string): boolean {
    return this.#services.has(serviceOf(path));
  }

  /** Whether there is a method of this service, `package.Service`. */
  hasService(name: string): boolean {
    return this.#services.has(`/${name}/`);
  }

  /** Calls that are open. */
  get open(): number {
    return this.#open.size;
  }

  /** Asks the calls of a connection to end, or all of them. */
  dismiss(connection?: GrpcConnection): void {
    for (const call of this.#open) if (connection === undefined || call.connection === connection) call.dismiss();
  }

  /** Answers a stream. What is not a gRPC request gets an HTTP status, an unknown method UNIMPLEMENTED. */
  handle(stream: GrpcStream): void {
    const { headers } = stream;
    if (headers[':method'] !== 'POST') {
      refuseHttp(stream, '405');
      return;
    }
    if (!/^application\/grpc(?:$|\+proto(?:$|;)|;)/.test(headers['content-type'] ?? '')) {
      refuseHttp(stream, '415');
      return;
    }
    const path = headers[':path'] ?? '';
    const method = this.#methods.get(path);
    if (method === undefined) {
      refuse(stream, grpcStatus.unimplemented, `unknown method ${path}`);
      return;
    }
    const deadlineMs = parseTimeout(headers['grpc-timeout']);
    if (deadlineMs === 'invalid') {
      refuse(stream, grpcStatus.invalidArgument, 'grpc-timeout is not a timeout');
      return;
    }
    const call = new ServerCall(stream, this.#maxMessageBytes, this.#released);
    try {
      call.accept(method(call), deadlineMs);
      this.#open.add(call);
    } catch (thrown) {
      const { code, message } = asGrpcError(thrown, path);
      refuse(stream, code, message);
    }
  }
}

/** Answers with a status alone ("Trailers-Only"). */
function refuse(stream: GrpcStream, code: GrpcStatusCode, message: string): void {
  stream.refuse({ ...responseHeaders, 'grpc-status': String(code), 'grpc-message': encodeGrpcMessage(message) });
}

/** For people who look at the port with a tool for HTTP. */
function refuseHttp(stream: GrpcStream, status: string): void {
  const headers = { ':status': status, 'content-type': 'text/plain; charset=utf-8' };
  stream.refuse(headers, 'This port speaks gRPC: xDS and grpc.health.v1.\n');
}

function serviceOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/') + 1);
}

/** `grpc-timeout`: up to eight digits and a unit. */
function parseTimeout(text: string | undefined): number | undefined | 'invalid' {
  if (text === undefined) return undefined;
  const match = /^(\d{1,8})([HMSmun])$/.exec(text);
  if (match === null) return 'invalid';
  return Math.min(Math.ceil(Number(match[1]) * timeoutUnitsMs[match[2]!]!), maxTimerMs);
}
