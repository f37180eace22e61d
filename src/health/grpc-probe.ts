import {
  type ClientHttp2Session,
  connect,
  constants,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
} from 'node:http2';
import { formatAddress } from '../base/listen-address.ts';
import { frameRequest, judge } from './grpc-answer.ts';
import { connectionReason, type Probe, type ProbeResult } from './probe.ts';
import { type HealthTarget, targetKey } from './target.ts';

/** A HealthCheckResponse has a few bytes; whatever sends more is not answering the question. */
const maxAnswerBytes = 4_096;

/**
 * grpc.health.v1.Health/Check over a connection that is kept between checks.
 *
 * Plain HTTP/2 and not a gRPC channel: a channel that lost its connection backs off for a second or more and meanwhile
 * answers from memory, while here every check is an attempt of its own.
 */
export class GrpcProbe implements Probe {
  readonly #sessions = new Map<string, ClientHttp2Session>();

  async check(target: HealthTarget, signal: AbortSignal): Promise<ProbeResult> {
    // A connection that did not answer in time may be dead without knowing it; the next check makes a new one.
    const giveUp = (): void => this.forget(target);
    signal.addEventListener('abort', giveUp);
    try {
      const kept = this.#keptSession(target);
      if (kept !== undefined) {
        const result = await call(kept, target);
        // A kept connection that ends before it answers (a connection age, a restart) says nothing about now.
        if (result.answered || signal.aborted) return result;
      }
      return await call(this.#newSession(target), target);
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  }

  forget(target: HealthTarget): void {
    this.#sessions.get(targetKey(target))?.destroy();
    this.#sessions.delete(targetKey(target));
  }

  #keptSession(target: HealthTarget): ClientHttp2Session | undefined {
    const session = this.#sessions.get(targetKey(target));
    return session === undefined || session.closed || session.destroyed ? undefined : session;
  }

  #newSession(target: HealthTarget): ClientHttp2Session {
    const key = targetKey(target);
    const session = connect(`http://${formatAddress(target.address, target.port)}`, {
      settings: { enablePush: false },
      maxSessionMemory: 1,
    });
    session.unref();
    // The stream in progress reports the error; between calls the next one makes a new connection.
    session.on('error', () => {});
    this.#sessions.get(key)?.destroy();
    this.#sessions.set(key, session);
    return session;
  }
}

function call(
  session: ClientHttp2Session,
  { policy }: HealthTarget,
): Promise<ProbeResult & { readonly answered: boolean }> {
  return new Promise((resolve) => {
    let headers: (IncomingHttpHeaders & IncomingHttpStatusHeader) | undefined;
    let trailers: IncomingHttpHeaders = {};
    let failure: Error | undefined;
    let length = 0;
    const chunks: Buffer[] = [];
    const finish = (): void => {
      if (headers === undefined) {
        const reason = failure === undefined ? 'the connection was closed' : connectionReason(failure);
        resolve({ answered: false, ok: false, reason });
        return;
      }
      const all = { ...headers, ...trailers };
      const result = judge(policy.grpcService, {
        httpStatus: headers[':status'],
        grpcStatus: text(all['grpc-status']),
        grpcMessage: text(all['grpc-message']),
        body: Buffer.concat(chunks),
      });
      resolve({ answered: true, ...result });
    };
    const stream = session.request({
      [constants.HTTP2_HEADER_METHOD]: 'POST',
      [constants.HTTP2_HEADER_PATH]: '/grpc.health.v1.Health/Check',
      [constants.HTTP2_HEADER_CONTENT_TYPE]: 'application/grpc+proto',
      [constants.HTTP2_HEADER_TE]: 'trailers',
      [constants.HTTP2_HEADER_USER_AGENT]: 'evenkeel-health',
    });
    stream.on('response', (received) => {
      headers = received;
    });
    stream.on('trailers', (received) => {
      trailers = received;
    });
    stream.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > maxAnswerBytes) stream.close(constants.NGHTTP2_CANCEL);
      else chunks.push(chunk);
    });
    stream.on('error', (error) => {
      failure = error;
    });
    stream.once('close', finish);
    stream.end(frameRequest(policy.grpcService));
  });
}

function text(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
