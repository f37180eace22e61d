import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { create } from '@bufbuild/protobuf';
import * as grpc from '@grpc/grpc-js';
import { formatAddress } from '../../base/listen-address.ts';
import { sayHello } from '../../base/testing/say-hello.ts';
import { type EchoReply, EchoReplySchema } from '../../gen/echo/echo_pb.ts';
import { podHeader, runHeader } from '../client/headers.ts';

/** What a test pod does differently from a good one. */
export interface TestPodOptions {
  /** Connections are closed (GOAWAY) after so long; default: never. */
  readonly maxConnectionAgeMs?: number | undefined;
  /** Answers do not say who gave them. */
  readonly anonymous?: boolean | undefined;
  /** Fails every so manyeth call with UNAVAILABLE. */
  readonly failEvery?: number | undefined;
  /** Ends without GOAWAY and under the calls that it has. */
  readonly abrupt?: boolean | undefined;
  /** Waits so long before each answer. */
  readonly latencyMs?: number | undefined;
}

/** A real gRPC and a real HTTP server that say who they are and count calls by run. */
export class TestPod {
  readonly name: string;
  readonly host: string;
  readonly #grpc: grpc.Server;
  readonly #http: Server;
  readonly #calls = new Map<string, number>();
  readonly #abrupt: boolean;
  #made = 0;
  port = 0;
  httpPort = 0;

  private constructor(name: string, host: string, options: TestPodOptions) {
    this.name = name;
    this.host = host;
    const { maxConnectionAgeMs, anonymous, failEvery, abrupt = false, latencyMs = 0 } = options;
    this.#abrupt = abrupt;
    this.#grpc = new grpc.Server({
      ...(maxConnectionAgeMs !== undefined && { 'grpc.max_connection_age_ms': maxConnectionAgeMs }),
    });
    const answerHello: grpc.handleUnaryCall<unknown, EchoReply> = (call, callback) => {
      this.#count(call.metadata.get(runHeader)[0]?.toString());
      if (failEvery !== undefined && this.#made % failEvery === 0) {
        callback({ code: grpc.status.UNAVAILABLE, details: 'as told' });
        return;
      }
      if (anonymous !== true) {
        const metadata = new grpc.Metadata();
        metadata.set(podHeader, name);
        call.sendMetadata(metadata);
      }
      const answer = (): void => callback(null, create(EchoReplySchema, { message: 'Hello' }));
      if (latencyMs === 0) answer();
      else setTimeout(answer, latencyMs);
    };
    this.#grpc.addService({ sayHello }, { sayHello: answerHello });
    this.#http = createServer((request, response) => {
      this.#count(String(request.headers[runHeader]));
      response.end(JSON.stringify({ hostname: name }));
    });
  }

  /** @param port - of the gRPC server; 0: any */
  static async start(name: string, host: string, port: number, options: TestPodOptions = {}): Promise<TestPod> {
    const pod = new TestPod(name, host, options);
    pod.port = await new Promise((resolve, reject) => {
      pod.#grpc.bindAsync(formatAddress(host, port), grpc.ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      );
    });
    pod.#http.listen(0, host);
    await once(pod.#http, 'listening');
    pod.httpPort = (pod.#http.address() as AddressInfo).port;
    return pod;
  }

  calls(run: string): number {
    return this.#calls.get(run) ?? 0;
  }

  /** Finishes what is in flight and ends, unless it was made otherwise. */
  async stop(): Promise<void> {
    this.#http.closeAllConnections();
    this.#http.close();
    if (this.#abrupt) return this.#grpc.forceShutdown();
    await new Promise<void>((resolve) => this.#grpc.tryShutdown(() => resolve()));
  }

  #count(run: string | undefined): void {
    this.#made += 1;
    if (run !== undefined) this.#calls.set(run, (this.#calls.get(run) ?? 0) + 1);
  }
}
