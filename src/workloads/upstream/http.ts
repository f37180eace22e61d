import { Resolver, lookup as systemLookup } from 'node:dns';
import { Agent, type IncomingMessage, request } from 'node:http';
import type { LookupFunction } from 'node:net';
import { messageOf } from '../../base/errors.ts';
import { one } from '../http/server.ts';
import { headers } from '../pod/pod.ts';
import { httpClientSpan, peerOf } from '../tracing/call-attributes.ts';
import { type CallSpan, tracer } from '../tracing/tracer.ts';
import { UpstreamError } from './error.ts';
import { fullName } from './names.ts';

/** Answers here are a line of JSON; more than this is not ours. */
const maxBodyBytes = 64 * 1024;

export interface HttpAnswer {
  readonly body: string;
  /** The pod that answered, where it said so. */
  readonly pod: string | undefined;
}

/** One GET. */
export interface HttpCall {
  readonly deadlineMs: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Search parameters to add. */
  readonly query?: Readonly<Record<string, string>>;
  /** Replaces the path of the URL. */
  readonly path?: string;
}

/** An HTTP upstream of a gateway or client. */
export class HttpUpstream {
  readonly url: string;
  readonly #agent: Agent;

  /**
   * @param keepAlive - false: a new connection for every request, which is what spreads HTTP behind a ClusterIP; true:
   *   connections are used again, and pin
   * @param connections - at most so many at a time; default as many as there are requests
   */
  constructor(url: string, { keepAlive, connections }: { readonly keepAlive: boolean; readonly connections?: number }) {
    this.url = url;
    const lookup = lookupWith(process.env);
    this.#agent = new Agent({
      keepAlive,
      maxSockets: connections ?? Number.POSITIVE_INFINITY,
      ...(lookup !== undefined && { lookup }),
    });
  }

  /**
   * GET.
   *
   * @throws UpstreamError when nobody answers in time, or with anything but 2xx
   */
  get({ deadlineMs, headers: sent = {}, query = {}, path }: HttpCall): Promise<HttpAnswer> {
    const url = path === undefined ? new URL(this.url) : new URL(path, this.url);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const traces = tracer();
    if (traces === undefined) return this.#get(url, sent, deadlineMs);
    return traces.send(httpClientSpan(url), sent, (sent, span) => this.#get(url, sent, deadlineMs, span));
  }

  async #get(
    url: URL,
    sent: Readonly<Record<string, string>>,
    deadlineMs: number,
    span?: CallSpan,
  ): Promise<HttpAnswer> {
    const signal = AbortSignal.timeout(deadlineMs);
    try {
      const answer = await this.#send(url, sent, signal, span);
      const status = answer.statusCode ?? 0;
      span?.set({ 'http.response.status_code': status });
      const body = await readBounded(answer);
      const pod = one(answer.headers[headers.pod]);
      if (pod !== undefined) span?.set({ [headers.pod]: pod });
      if (status < 200 || status > 299) {
        throw new UpstreamError(this.url, statusOfHttp(status), `it answered HTTP ${status}${reasonIn(body)}`);
      }
      return { body, pod };
    } catch (error) {
      const failure = error instanceof UpstreamError ? error : failureOf(this.url, error, signal, deadlineMs);
      span?.fail(failure.status, failure.message);
      throw failure;
    }
  }

  #send(
    url: URL,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
    span: CallSpan | undefined,
  ): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const sending = request(url, { agent: this.#agent, headers, signal }, resolve);
      sending.once('error', reject);
      sending.once('socket', (socket) => {
        const tell = () => span?.set(peerOf({ address: socket.remoteAddress, port: socket.remotePort }));
        if (socket.connecting) socket.once('connect', tell);
        else tell();
      });
      sending.end();
    });
  }

  /** @throws UpstreamError also when the answer is not a JSON object */
  async getJson(settings: HttpCall): Promise<Record<string, unknown>> {
    const { body } = await this.get(settings);
    let data: unknown;
    try {
      data = JSON.parse(body);
    } catch {}
    if (typeof data !== 'object' || data === null) {
      throw new UpstreamError(this.url, 'INTERNAL', 'its answer is not a JSON object');
    }
    return data as Record<string, unknown>;
  }

  async close(): Promise<void> {
    this.#agent.destroy();
  }
}

/** `: what went wrong there`, where the upstream is one of ours or says it in the same way. */
function reasonIn(body: string): string {
  try {
    const { error } = JSON.parse(body) as { error?: unknown };
    return typeof error === 'string' ? `: ${error.slice(0, 500)}` : '';
  } catch {
    return '';
  }
}

async function readBounded(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxBodyBytes) throw new Error(`its answer is longer than ${maxBodyBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** The gRPC status that a gRPC client would report for such an HTTP answer (grpc/doc/http-grpc-status-mapping.md). */
function statusOfHttp(status: number): 'UNAVAILABLE' | 'DEADLINE_EXCEEDED' | 'UNKNOWN' {
  if (status === 504) return 'DEADLINE_EXCEEDED';
  return status === 429 || status === 502 || status === 503 ? 'UNAVAILABLE' : 'UNKNOWN';
}

function failureOf(url: string, error: unknown, signal: AbortSignal, deadlineMs: number): UpstreamError {
  if (signal.aborted) {
    return new UpstreamError(url, 'DEADLINE_EXCEEDED', `no answer within ${deadlineMs} ms`, error);
  }
  const { code } = error as { code?: string };
  // Every other failure on the way is one of the connection: refused, reset, or a name that does not resolve.
  return new UpstreamError(url, 'UNAVAILABLE', messageOf(error) || code || 'the connection failed', error);
}

/** Looks names up at the DNS server of `EVENKEEL_DNS`; undefined (the system's resolver) where that is not set. */
function lookupWith(env: NodeJS.ProcessEnv): LookupFunction | undefined {
  if (!env.EVENKEEL_DNS) return undefined;
  const resolver = new Resolver({ timeout: 1000, tries: 2 });
  resolver.setServers([env.EVENKEEL_DNS]);
  return (host, options, done) => {
    if (host === 'localhost') return systemLookup(host, options, done);
    resolver.resolve4(fullName(host, env), (error, addresses = []) => {
      if (error !== null) done(error, '');
      else if (options.all) {
        done(
          null,
          addresses.map((address) => ({ address, family: 4 })),
        );
      } else done(null, addresses[0]!, 4);
    });
  };
}
