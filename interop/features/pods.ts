import { create } from '@bufbuild/protobuf';
import {
  Metadata,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServerWritableStream,
  type ServiceDefinition,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js';
import { sayHello } from '../../src/base/testing/say-hello.ts';
import { type EchoReply, EchoReplySchema, type EchoRequest } from '../../src/gen/echo/echo_pb.ts';

/** Pods that differ; `busy` and `idle` say so in ORCA reports, with their answers and to who asks for a stream of them. */
const kinds = { a: {}, b: {}, busy: { utilization: 0.9 }, idle: { utilization: 0.3 }, failing: {}, slow: {} } as const;
export type PodName = keyof typeof kinds;

const slowMs = 700;

const bytes = (value: Buffer): Buffer => value;
const services: ServiceDefinition = {
  sayHello,
  StreamCoreMetrics: {
    path: '/xds.service.orca.v3.OpenRcaService/StreamCoreMetrics',
    requestStream: false,
    responseStream: true,
    requestSerialize: bytes,
    requestDeserialize: bytes,
    responseSerialize: bytes,
    responseDeserialize: bytes,
  },
};

/** The pods that clients call: real servers, one port on addresses of their own. */
export class Pods {
  readonly port: number;
  /** Streams of ORCA reports that clients have asked for. */
  orcaStreams = 0;
  readonly #addresses: ReadonlyMap<PodName, string>;
  readonly #servers: Server[] = [];

  static async start(): Promise<Pods> {
    const net = `127.${64 + (process.pid % 60)}.${process.pid % 250}`;
    const names = Object.keys(kinds) as PodName[];
    const addresses = new Map(names.map((name, index) => [name, `${net}.${index + 1}`]));
    const first = await Pods.#listen(new Server(), `${net}.254`, 0);
    const pods = new Pods(first, addresses);
    for (const name of names) {
      const server = pods.#server(name);
      pods.#servers.push(server);
      await Pods.#listen(server, addresses.get(name)!, first);
    }
    return pods;
  }

  private constructor(port: number, addresses: ReadonlyMap<PodName, string>) {
    this.port = port;
    this.#addresses = addresses;
  }

  addressOf(pod: PodName): string {
    return this.#addresses.get(pod)!;
  }

  close(): void {
    for (const server of this.#servers) server.forceShutdown();
  }

  #server(name: PodName): Server {
    const server = new Server();
    const report = orcaOf(name);
    server.addService(services, {
      sayHello: (_call: ServerUnaryCall<EchoRequest, EchoReply>, answer: sendUnaryData<EchoReply>) => {
        if (name === 'failing') return answer({ code: status.UNAVAILABLE, details: 'fails on purpose' });
        const trailers = new Metadata();
        if (report !== undefined) trailers.set('endpoint-load-metrics-bin', report);
        const done = (): void => answer(null, create(EchoReplySchema, { message: 'hello', hostname: name }), trailers);
        if (name === 'slow') setTimeout(done, slowMs);
        else done();
      },
      StreamCoreMetrics: (call: ServerWritableStream<Buffer, Buffer>) => {
        this.orcaStreams += 1;
        if (report !== undefined) call.write(report);
      },
    });
    return server;
  }

  static #listen(server: Server, address: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      server.bindAsync(`${address}:${port}`, ServerCredentials.createInsecure(), (error, bound) => {
        if (error !== null) return reject(error);
        if (port === 0) server.forceShutdown();
        resolve(bound);
      });
    });
  }
}

/**
 * `xds.data.orca.v3.OrcaLoadReport` with `cpu_utilization` (1), `rps_fractional` (6), two `named_metrics` (8) and
 * `application_utilization` (9), which old clients do not know and grpc-js alone goes by.
 */
function orcaOf(name: PodName): Buffer | undefined {
  const kind = kinds[name];
  if (!('utilization' in kind)) return undefined;
  return Buffer.concat([
    double(1, kind.utilization),
    double(6, 100),
    named(8, 'queue', 5),
    named(8, 'threads', 7),
    double(9, kind.utilization),
  ]);
}

function double(field: number, value: number): Buffer {
  const encoded = Buffer.alloc(9);
  encoded.writeUInt8((field << 3) | 1, 0);
  encoded.writeDoubleLE(value, 1);
  return encoded;
}

/** An entry of a map from short strings to doubles. */
function named(field: number, key: string, value: number): Buffer {
  const entry = Buffer.concat([Buffer.from([(1 << 3) | 2, key.length]), Buffer.from(key), double(2, value)]);
  return Buffer.concat([Buffer.from([(field << 3) | 2, entry.length]), entry]);
}
